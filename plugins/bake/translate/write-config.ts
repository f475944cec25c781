import { type TsdockError } from "tsdock/plugin";
import { unsupported } from "../hcl/source.ts";
import { type Given, listOf, type ResolvedTarget } from "../resolve/model.ts";

interface Published {
  readonly name: string;
  readonly host: string;
  readonly repository: string;
  readonly tags: readonly string[];
}

export interface ConfigDraft {
  readonly text: string | undefined;
  readonly problems: readonly TsdockError[];
}

/** The configuration that gives images the names and tags that the targets have. */
export function writeConfig(targets: readonly ResolvedTarget[]): ConfigDraft {
  const problems: TsdockError[] = [];
  const published = targets.flatMap((target) => publishedAs(target, problems));
  if (published.length === 0) return { text: undefined, problems };
  const registry = registryOf(published);
  const repositories = published.flatMap(
    ({ name, host, repository }): readonly (readonly [string, string])[] => {
      const own = `${host}/${repository}`.slice(registry.length + 1);
      return own === name ? [] : [[name, own]];
    },
  );
  const [first] = published;
  const same = published.every(({ tags }) => tags.join() === first?.tags.join());
  const tables = [
    ...(repositories.length === 0
      ? []
      : [
          table(
            "repositories",
            "string",
            repositories.map(([name, own]) => [name, quoted(own)]),
          ),
        ]),
    ...(same
      ? []
      : [
          table(
            "tags",
            "readonly string[]",
            published.map(({ name, tags }) => [name, listText(tags)]),
          ),
        ]),
  ];
  const lines = [
    `  registry: ${quoted(registry)},`,
    ...(repositories.length === 0 ? [] : ["  repository: ({ name }) => repositories[name] ?? name,"]),
    same ? `  tags: ${listText(first?.tags ?? [])},` : "  tags: ({ name }) => tags[name],",
  ];
  const body = `export default defineConfig({\n${lines.join("\n")}\n});\n`;
  return { text: ['import { defineConfig } from "tsdock";', ...tables, body].join("\n\n"), problems };
}

const quoted = (text: string): string => JSON.stringify(text);
const listText = (items: readonly string[]): string => `[${items.map(quoted).join(", ")}]`;

const table = (name: string, type: string, entries: readonly (readonly [string, string])[]): string =>
  `const ${name}: Readonly<Record<string, ${type}>> = {\n${entries
    .map(([key, value]) => `  ${/^[A-Za-z_]\w*$/.test(key) ? key : quoted(key)}: ${value},\n`)
    .join("")}};`;

/** An image goes to one repository. */
function publishedAs({ name, values }: ResolvedTarget, problems: TsdockError[]): readonly Published[] {
  const found = listOf(values, "tags").flatMap((given) => {
    const parsed = parseTag(given);
    if (parsed === undefined)
      problems.push(
        unsupported(
          `${quoted(given.value)} is no name of an image with a tag`,
          given.spot,
          "write REGISTRY/NAME:TAG",
        ),
      );
    return parsed === undefined ? [] : [{ ...parsed, given }];
  });
  const [first] = found;
  if (first === undefined) return [];
  const place = ({ host, repository }: { host: string; repository: string }): string =>
    `${host}/${repository}`;
  for (const one of found)
    if (place(one) !== place(first))
      problems.push(
        unsupported(
          `${name} has a second repository, ${place(one)}; an image is published to one, ${place(first)}`,
          one.given.spot,
          "copy it there after a publish, or declare another image that is from this one",
        ),
      );
  const tags = found.filter((one) => place(one) === place(first)).map(({ tag }) => tag);
  return [{ name, host: first.host, repository: first.repository, tags: [...new Set(tags)] }];
}

function parseTag({ value }: Given<string>): { host: string; repository: string; tag: string } | undefined {
  const [, whole = "", tag = "latest"] = /^(.+?)(?::(\w[\w.-]{0,127}))?$/.exec(value) ?? [];
  const slash = whole.indexOf("/");
  const first = whole.slice(0, Math.max(0, slash));
  const hasHost = /[.:]/.test(first) || first === "localhost";
  const path = hasHost ? whole.slice(slash + 1) : whole;
  if (!/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/.test(path)) return undefined;
  if (hasHost) return { host: first, repository: path, tag };
  return { host: "docker.io", repository: path.includes("/") ? path : `library/${path}`, tag };
}

/** The longest part that all names begin with. */
function registryOf(published: readonly Published[]): string {
  const paths = published.map(({ host, repository }) => `${host}/${repository}`.split("/").slice(0, -1));
  const [first = []] = paths;
  const length = first.findIndex((part, index) => paths.some((path) => path[index] !== part));
  const shared = length < 0 ? Math.min(...paths.map((path) => path.length)) : length;
  return first.slice(0, shared).join("/");
}
