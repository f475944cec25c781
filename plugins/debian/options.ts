import { TsdockError } from "tsdock/plugin";

/** Where packages come from. URLs of archive roots: the directories that hold `dists` and `pool`. */
export type Mirror =
  | string
  | {
      readonly main: string;
      /** The root of the security archive; without it there are no security updates. */
      readonly security?: string;
    };

export interface DebianOptions {
  /** Packages by name, or `name=version`. What they need comes with them. */
  readonly packages: readonly string[];
  /** A codename or suite such as `bookworm` or `stable`; that of the machine's apt sources unless given. */
  readonly suite?: string;
  /** Debian's name of an architecture; that of the platform unless given. */
  readonly arch?: string;
  /** That of the machine's apt sources unless given here or in the configuration of the plugin. */
  readonly mirror?: Mirror;
  /** `["main"]` unless given. */
  readonly components?: readonly string[];
  /** Adds the packages that Debian marks essential (a shell, coreutils, dpkg …): a base for RUN. As `configure` unless given. */
  readonly essential?: boolean;
  /** Runs the maintainer scripts in the sandbox, as dpkg does. */
  readonly configure?: boolean;
  /** Puts a link for every applet of busybox into /usr/bin. */
  readonly busyboxLinks?: boolean;
  /** Absolute path of a keyring that the indices must be signed by, instead of the machine's. */
  readonly keyring?: string;
  /** Accepts indices past their Valid-Until, as those of an archive of snapshots are. */
  readonly allowExpired?: boolean;
  /** Glob patterns of absolute paths to leave out, such as `/usr/share/doc/**`. */
  readonly exclude?: readonly string[];
}

/** What a declaration holds: options with their defaults, as plain JSON. Absent fields are settled when it is locked. */
export interface DebianSpec {
  readonly packages: readonly string[];
  readonly suite?: string;
  readonly arch?: string;
  readonly mirror?: { readonly main: string; readonly security?: string };
  readonly components: readonly string[];
  readonly essential: boolean;
  readonly configure: boolean;
  readonly busyboxLinks: boolean;
  readonly keyring?: string;
  readonly allowExpired: boolean;
  readonly exclude: readonly string[];
}

const fail = (message: string, hint: string): never => {
  throw new TsdockError("DEBIAN_OPTIONS", `debian(): ${message}`, { hint });
};

const packageName = /^[a-z0-9][a-z0-9+.-]*(?:=[A-Za-z0-9.+:~-]+)?$/;
const word = /^[a-z0-9][a-z0-9.-]*$/;

function checkUrl(url: string): string {
  if (!/^https?:\/\/[^\s/]+/.test(url))
    fail(`${JSON.stringify(url)} is not the URL of a mirror`, "give http://HOST/PATH or https://HOST/PATH");
  return url.replace(/\/+$/, "");
}

/** The roots of a mirror, checked. Error `DEBIAN_OPTIONS`. */
export const normalizeMirror = (mirror: Mirror): { readonly main: string; readonly security?: string } =>
  typeof mirror === "string"
    ? { main: checkUrl(mirror) }
    : {
        main: checkUrl(mirror.main),
        ...(mirror.security === undefined ? {} : { security: checkUrl(mirror.security) }),
      };

function checkNames(options: DebianOptions): void {
  for (const name of options.packages) {
    if (!packageName.test(name))
      fail(`${JSON.stringify(name)} is not a package`, "write its name in lower case, or name=version");
  }
  for (const [what, value] of [
    ["suite", options.suite],
    ["arch", options.arch],
  ] as const) {
    if (value !== undefined && !word.test(value))
      fail(`${JSON.stringify(value)} is not a value of ${what}`, "write bookworm, or amd64");
  }
  for (const component of options.components ?? []) {
    if (!word.test(component))
      fail(`${JSON.stringify(component)} is not a component`, "main, contrib, non-free or non-free-firmware");
  }
}

function checkRest(options: DebianOptions): void {
  if (options.packages.length === 0 && !(options.essential ?? options.configure ?? false)) {
    fail("no packages are named", 'debian({ packages: ["bash"] })');
  }
  if (options.configure === true && options.essential === false) {
    fail("configure: true needs dpkg, which is among the essential packages", "leave out essential: false");
  }
  if (
    options.busyboxLinks === true &&
    !options.packages.some((name) => /^busybox(-static)?(=|$)/.test(name))
  ) {
    fail(
      "busyboxLinks needs busybox or busybox-static among the packages",
      'debian({ packages: ["busybox-static"], busyboxLinks: true })',
    );
  }
  if (options.keyring !== undefined && !options.keyring.startsWith("/")) {
    fail(
      `the keyring ${JSON.stringify(options.keyring)} is not an absolute path`,
      "give the absolute path of a .gpg or .asc file",
    );
  }
  for (const pattern of options.exclude ?? []) {
    if (!pattern.startsWith("/"))
      fail(
        `the pattern ${JSON.stringify(pattern)} is not absolute`,
        "begin it with /, as in /usr/share/doc/**",
      );
  }
}

/** Options as they go into keys and the lock: sorted, checked, with defaults. Error `DEBIAN_OPTIONS`. */
export function normalizeOptions(options: DebianOptions): DebianSpec {
  checkNames(options);
  checkRest(options);
  const configure = options.configure ?? false;
  return {
    packages: [...new Set(options.packages)].sort(),
    ...(options.suite === undefined ? {} : { suite: options.suite }),
    ...(options.arch === undefined ? {} : { arch: options.arch }),
    ...(options.mirror === undefined ? {} : { mirror: normalizeMirror(options.mirror) }),
    components: [...new Set(options.components ?? ["main"])].sort(),
    essential: options.essential ?? configure,
    configure,
    busyboxLinks: options.busyboxLinks ?? false,
    ...(options.keyring === undefined ? {} : { keyring: options.keyring }),
    allowExpired: options.allowExpired ?? false,
    exclude: [...new Set(options.exclude ?? [])].sort(),
  };
}
