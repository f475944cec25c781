import type { Files, Mount, Owner } from "tsdock";
import { TsdockError } from "tsdock/plugin";
import { type Framework, frameworks } from "./frameworks/framework.ts";

/** Which packages may run scripts when they are installed: none, or these; `!name`: it may be installed without. */
export type InstallScripts = "refuse" | readonly string[];

/** How a script of a package is run in the sandbox. */
export interface ScriptOptions {
  /** The script of package.json; `build` unless given. */
  readonly script?: string;
  /** Variables that it sees, such as those that bundlers write into pages. */
  readonly env?: Readonly<Record<string, string>>;
  /** `none` unless given: what a script fetches is in no key. */
  readonly network?: "none" | "default";
  /** Secrets and caches: `mount.secret("sentry", { env: "SENTRY_AUTH_TOKEN" })`. */
  readonly mounts?: readonly Mount[];
}

/** What `nodeApp()`, `nodeBuild()` and `nodeSite()` have in common. */
export interface PackageOptions {
  /** The package of the workspace: its name (`@acme/api`), or its directory relative to the configuration (`./packages/api`, `.`). */
  readonly package: string;
  /** Versions of Node as semver ranges, besides what devEngines, engines, .nvmrc and .node-version say. */
  readonly node?: string;
  /** Which C library the runtime has; `glibc` unless given. */
  readonly libc?: "glibc" | "musl";
  readonly installScripts?: InstallScripts;
  /** Whether install scripts that are named reach the network; `none` unless given. */
  readonly installNetwork?: "none" | "default";
  /** What scripts run in: needs `/bin/sh`; Debian's coreutils and dash unless given. Node is added to it. */
  readonly builder?: Files;
}

interface AppOptions extends PackageOptions {
  /** Arguments after the entry: the image's CMD. */
  readonly args?: readonly string[];
  /** Options of Node itself: `["--enable-source-maps"]`. */
  readonly nodeOptions?: readonly string[];
  /**
   * What Node runs in: an image with a `node` in its PATH. Unless given: Debian's C library and the official binary in
   * the version that the project asks for.
   */
  readonly runtime?: Files;
  /** Where the project is put: `/app` unless given. */
  readonly to?: string;
  /** `1000:1000` unless given. */
  readonly user?: Owner;
  /** Patterns of the package's files, relative to it, instead of those that `files` in its package.json has. */
  readonly files?: readonly string[];
  /**
   * Runs the package's own script (`true`: `build`) in the sandbox, after those of the packages of the workspace that it
   * needs, and takes what they write. Unless given, the entry has to be there.
   */
  readonly build?: boolean | string | ScriptOptions;
}

export type NodeAppOptions = AppOptions &
  (
    | {
        /** The file that Node begins with, relative to the package: `dist/server.js`. */
        readonly entry: string;
        readonly framework?: undefined;
      }
    | {
        readonly entry?: string;
        /** Knows how the package is built and what begins: see `docs/node.md`. */
        readonly framework: Framework;
      }
  );

/** Options as sources hold them: checked, with defaults, plain JSON. */
export type NodeSpec =
  | ModuleSpec
  | {
      readonly kind: "runtime";
      readonly package: string;
      readonly node: string | null;
      /** What native packages are compiled against, instead of the binary. */
      readonly headers: boolean;
    }
  | {
      readonly kind: "modules";
      readonly package: string;
      readonly to: string;
      readonly libc: "glibc" | "musl";
      readonly dev: boolean;
      readonly scripts: readonly string[];
    }
  | {
      readonly kind: "app";
      readonly package: string;
      readonly to: string;
      readonly libc: "glibc" | "musl";
      readonly entry: string;
      readonly files: readonly string[] | null;
      /** All files of all packages that are needed to build, whatever their package.json lists. */
      readonly sources: boolean;
      /** The entry is made later. */
      readonly built: boolean;
      /** Directories of the package that scripts write: not among its sources. */
      readonly written: readonly string[];
      /** The package has to depend on what its framework is. */
      readonly framework: Framework | null;
    };

export type ModuleSpec = {
  readonly kind: "module";
  readonly entry: string;
  readonly to: string;
  readonly compile: boolean;
};

export type SpecOf<Kind extends NodeSpec["kind"]> = Extract<NodeSpec, { kind: Kind }>;

const fail = (message: string, hint: string): never => {
  throw new TsdockError("NODE_OPTIONS", message, { hint });
};

const shown = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));

/** A path within a package or the workspace, without `.` and `..`. */
function checkRelative(what: string, value: unknown): string {
  const text = typeof value === "string" ? value.replace(/^\.\//, "") : "";
  if (text !== "" && !/^\/|\\|\0/.test(text) && !text.split("/").some((part) => part === ".." || part === ""))
    return text;
  return fail(`${shown(value)} is no ${what}`, "write a path relative to the package, without ..");
}

function checkTarget(to: string): string {
  if (/^\/[^\0]*[^/\0]$/.test(to) && !to.split("/").some((part) => part === ".." || part === "."))
    return to.replace(/\/{2,}/g, "/");
  return fail(
    `${JSON.stringify(to)} is no directory to put an app into`,
    'write an absolute path: to: "/app"',
  );
}

/** Error `NODE_OPTIONS`. */
export const moduleSpec = (entry: string, to: string, compile: boolean): ModuleSpec => ({
  kind: "module",
  entry: checkRelative("entry", entry),
  to: checkTarget(to),
  compile,
});

export interface NodeSpecs {
  readonly runtime: SpecOf<"runtime">;
  readonly modules: SpecOf<"modules">;
  readonly app: SpecOf<"app">;
}

/** What specs are made from: an entry is given, or the framework's own counts. */
export type SpecOptions = PackageOptions &
  Pick<AppOptions, "to" | "files" | "build"> & {
    readonly entry?: string;
    readonly framework?: Framework | undefined;
  };

function frameworkOf(options: SpecOptions): (typeof frameworks)[Framework] | undefined {
  const { framework } = options;
  if (framework === undefined) return undefined;
  if (Object.hasOwn(frameworks, framework)) return frameworks[framework];
  return fail(
    `${shown(framework)} is no framework that is known`,
    `write one of ${Object.keys(frameworks).join(", ")}, or give entry and build`,
  );
}

/** Error `NODE_OPTIONS`. */
export function specsOf(options: SpecOptions): NodeSpecs {
  const name = options.package;
  if (typeof name !== "string" || name === "" || /^\/|\0/.test(name) || name.split("/").includes(".."))
    fail(
      `${shown(name)} is no package`,
      'give its name, or its directory relative to the configuration: package: "packages/api"',
    );
  const scripts = options.installScripts ?? "refuse";
  if (scripts !== "refuse" && !Array.isArray(scripts))
    fail(
      `installScripts is ${JSON.stringify(scripts)}`,
      'write "refuse", or a list of names; "!name" installs a package without its scripts',
    );
  const framework = frameworkOf(options);
  const to = checkTarget(options.to ?? "/app");
  const common = { package: name, to, libc: options.libc ?? "glibc" } as const;
  return {
    runtime: { kind: "runtime", package: name, node: options.node ?? null, headers: false },
    modules: {
      kind: "modules",
      ...common,
      dev: false,
      scripts: [
        ...new Set([...(scripts === "refuse" ? [] : scripts), ...(framework?.needless ?? [])]),
      ].sort(),
    },
    app: {
      kind: "app",
      ...common,
      entry: checkRelative("entry", options.entry ?? framework?.entry),
      files: options.files === undefined ? null : [...options.files],
      sources: false,
      built: (options.build ?? framework !== undefined) !== false,
      written: [],
      framework: options.framework ?? null,
    },
  };
}
