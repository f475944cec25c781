import {
  type DataFile,
  isMembers,
  type Members,
  parseYamlDocuments,
  textMembers,
  textOf,
} from "../project/data-file.ts";
import { binOf } from "../project/manifest.ts";
import { parseConditions } from "./yarn-conditions.ts";
import { lockProblem } from "./npm-lock.ts";
import { isPackageName } from "./pnpm-lock.ts";
import type { YarnLock, YarnPackage } from "./yarn-lock.ts";

/** `name@range` or `name@protocol:…`. */
function split(text: string): { readonly name: string; readonly rest: string } {
  const at = text.indexOf("@", 1);
  return at < 0 ? { name: text, rest: "" } : { name: text.slice(0, at), rest: text.slice(at + 1) };
}

/** Ranges without a protocol are npm's. */
const normal = (range: string): string => (/^[a-z][a-z0-9+.-]*:/.test(range) ? range : `npm:${range}`);

type Found = NonNullable<ReturnType<YarnLock["find"]>>;

/** What a `patch:` locator is made of. */
function patchOf(
  file: DataFile,
  rest: string,
): { readonly inner: string; readonly patch: string | undefined } {
  const [, encoded = "", list = ""] = /^patch:([^#]+)#([^:]*(?::(?!:)[^:]*)*)/.exec(rest) ?? [];
  const patches = decodeURIComponent(list)
    .split("&")
    .map((one) => one.replace(/^optional!|^!/, ""))
    // yarn's own changes of a few packages are for Plug'n'Play
    .filter((one) => one !== "" && !one.includes("builtin<"));
  const [only] = patches;
  if (patches.length > 1 || (only !== undefined && !/^(?:~\/|\.\/)/.test(only)))
    throw lockProblem(
      file,
      "NODE_LOCKFILE_UNSUPPORTED",
      `the patches ${patches.join(", ")} are not one file of the project`,
      rest,
      "write them as one patch below the root of the project",
    );
  return { inner: decodeURIComponent(encoded), patch: only?.replace(/^(?:~|\.)\//, "") };
}

class BerryLock implements YarnLock {
  readonly kind = "berry";
  readonly file: DataFile;
  readonly #entries = new Map<string, Found>();
  readonly #resolutions: Readonly<Record<string, string>>;

  constructor(file: DataFile, lock: Members, resolutions: Readonly<Record<string, string>>) {
    this.file = file;
    this.#resolutions = resolutions;
    for (const [descriptors, value] of Object.entries(lock)) {
      if (descriptors === "__metadata") continue;
      if (!isMembers(value))
        throw lockProblem(
          file,
          "NODE_LOCKFILE_INVALID",
          `the entry ${descriptors} is not an object`,
          descriptors,
        );
      const found = this.#read(descriptors, value);
      for (const descriptor of descriptors.split(/,\s*/)) {
        const { name, rest } = split(descriptor);
        this.#entries.set(`${name}@${normal(rest)}`, found);
      }
    }
  }

  find({
    alias,
    range,
    parent,
  }: {
    readonly alias: string;
    readonly range: string;
    readonly parent: string;
  }): Found | undefined {
    const wanted = this.#resolution(alias, range, parent) ?? range;
    return this.#entries.get(`${alias}@${normal(wanted)}`);
  }

  /** `resolutions` of the root: `name`, `name@range`, `parent/name`. */
  #resolution(alias: string, range: string, parent: string): string | undefined {
    for (const [pattern, target] of Object.entries(this.#resolutions)) {
      const [, above, last = pattern] = /^(?:(.+?)\/)?((?:@[^/]+\/)?[^/]+(?:@.*)?)$/.exec(pattern) ?? [];
      const { name, rest } = split(last);
      const fits = name === alias && (rest === "" || normal(rest) === normal(range));
      if (fits && (above === undefined || split(above).name === parent)) return target;
    }
    return undefined;
  }

  #read(descriptors: string, value: Members): Found {
    const resolution = textOf(value["resolution"]) ?? "";
    const { name, rest } = split(resolution);
    const problem = (message: string, hint?: string) =>
      lockProblem(
        this.file,
        hint === undefined ? "NODE_LOCKFILE_INVALID" : "NODE_LOCKFILE_UNSUPPORTED",
        message,
        descriptors,
        hint,
      );
    if (!isPackageName(name)) throw problem(`the entry ${descriptors} has no resolution`);
    const local = /^(?:workspace|link|portal):([^:#]*)/.exec(rest)?.[1];
    if (local !== undefined) return { directory: local === "." ? "" : local.replace(/^\.\//, "") };
    const { inner, patch } = rest.startsWith("patch:")
      ? patchOf(this.file, rest)
      : { inner: resolution, patch: undefined };
    const origin = split(inner);
    const npm = /^npm:([^:]+)/.exec(origin.rest)?.[1];
    const version = textOf(value["version"]);
    if (npm === undefined || version === undefined) {
      throw problem(
        `${resolution} comes from no registry`,
        "publish it to a registry, or make it a package of the workspace",
      );
    }
    return { found: this.#package(value, { key: resolution, name: origin.name, version, patch }) };
  }

  #package(value: Members, known: Pick<YarnPackage, "key" | "name" | "version" | "patch">): YarnPackage {
    const dependencies = textMembers(value["dependencies"]);
    const meta = isMembers(value["dependenciesMeta"]) ? value["dependenciesMeta"] : {};
    const isOptional = (name: string): boolean => {
      const one = meta[name];
      return isMembers(one) && one["optional"] === true;
    };
    const pick = (optional: boolean) =>
      Object.fromEntries(Object.entries(dependencies).filter(([name]) => isOptional(name) === optional));
    const conditions = textOf(value["conditions"]);
    return {
      ...known,
      integrity: undefined,
      tarball: undefined,
      bin: binOf({ name: known.name, bin: value["bin"] }),
      suits: conditions === undefined ? () => true : parseConditions(conditions),
      native: conditions !== undefined,
      dependencies: pick(false),
      optionalDependencies: pick(true),
      peers: Object.keys(textMembers(value["peerDependencies"])),
    };
  }
}

/** Reads yarn.lock of yarn 2 and later. Errors `NODE_LOCKFILE_INVALID`, `NODE_LOCKFILE_UNSUPPORTED`. */
export function readYarnBerry(file: DataFile, resolutions: Readonly<Record<string, string>>): YarnLock {
  const [lock] = parseYamlDocuments(file, "NODE_LOCKFILE_INVALID");
  if (!isMembers(lock) || !isMembers(lock["__metadata"]))
    throw lockProblem(file, "NODE_LOCKFILE_INVALID", "the lockfile has no __metadata", "");
  return new BerryLock(file, lock, resolutions);
}
