/** Services whose repositories are looked at by `https://HOST/PATH`, however they were named. */
const services: Readonly<Record<string, string>> = {
  github: "github.com",
  gitlab: "gitlab.com",
  bitbucket: "bitbucket.org",
  gist: "gist.github.com",
  sourcehut: "git.sr.ht",
};
const serviceHosts: ReadonlySet<string> = new Set([...Object.values(services), "codeberg.org"]);

/**
 * The address of a repository as npm's `repository` or git's remotes have it: `acme/web`, `gitlab:acme/web`, `git@host:acme/web.git`,
 * `git+https://…`. One of a service that shows repositories is the page that it shows. Never credentials, and nothing for what only
 * this machine knows.
 */
export function sourceAddress(given: string): string | undefined {
  const text = given.trim().replace(/#.*$/s, "");
  const [, service = "", path = ""] =
    /^(github|gitlab|bitbucket|gist|sourcehut):(?!\/\/)(.+)$/.exec(text) ?? [];
  if (service !== "") return pageOf(services[service] ?? "", path);
  if (/^[\w.-]+\/[\w.-]+$/.test(text) && !text.startsWith(".")) return pageOf("github.com", text);
  return addressOf(urlText(text));
}

const pageOf = (host: string, path: string): string =>
  `https://${host}/${path
    .replace(/^\/+|\/+$/g, "")
    .replace(/^[^/]*@/, "")
    .replace(/\.git$/, "")}`;

/** As a URL: scp's form gets a scheme, and so does npm's mixture of both. Names that only an ssh configuration knows are none. */
function urlText(text: string): string {
  const plain = text.replace(/^git\+/, "");
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(plain))
    return plain.replace(
      /^(ssh:\/\/)([^/]*)/i,
      (_, scheme: string, host: string) => scheme + withoutPath(host),
    );
  return plain.replace(/^([^@/:\s]+@[\w.-]+|[\w-]+(?:\.[\w-]+)+):(?=[^\s\\])/, "ssh://$1/");
}

/** `git@host:acme`, as npm writes it behind `ssh://`: what stands for a port is none. */
function withoutPath(authority: string): string {
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return /:(?!\d+$)/.test(host) ? `${authority.slice(0, -host.length)}${host.replace(":", "/")}` : authority;
}

function addressOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const host = url.hostname.replace(/^www\./, "");
  if (!["http:", "https:", "ssh:", "git:"].includes(url.protocol) || host === "") return undefined;
  const path = url.pathname.replace(/\/+$/, "");
  // What looks like credentials may be some.
  if (path === "" || path.includes("@")) return undefined;
  if (serviceHosts.has(host)) return pageOf(host, path);
  // Everybody's name at a host of git is no secret, and nothing works without it.
  const user = url.protocol === "ssh:" && url.username === "git" ? "git@" : "";
  return `${url.protocol}//${user}${url.host}${path.replace(/^\/+/, "/")}`;
}

/** An address of the web without the credentials in it; nothing for what is none. */
export function webAddress(given: string): string | undefined {
  const text = given.trim();
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username === "" && url.password === "") return text;
  url.username = "";
  url.password = "";
  return url.href;
}
