import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Link } from "../../declare/instruction.ts";
import { checkText } from "./check.ts";
import { rootOf } from "./expand.ts";
import { problem } from "./problems.ts";

/** Contexts of images by the call of `image()` that they begin with. */
export class Contexts {
  readonly #known = new Map<Link, string>();
  readonly #findPackageDirectory: (file: string) => string;

  constructor(findPackageDirectory: (file: string) => string) {
    this.#findPackageDirectory = findPackageDirectory;
  }

  /** The absolute directory: what was given, or the package of the file that calls `image()`. Error `PATH_INVALID`. */
  of(link: Link): string {
    const root = rootOf(link);
    const known = this.#known.get(root) ?? this.#find(root);
    this.#known.set(root, known);
    return known;
  }

  #find({ instruction, site }: Link): string {
    const given: unknown = instruction.type === "image" ? instruction.options?.context : undefined;
    if (given instanceof URL || (typeof given === "string" && given.startsWith("file:"))) {
      const url = new URL(given);
      if (url.protocol === "file:") return resolve(fileURLToPath(url));
      throw problem("PATH_INVALID", `the context ${url.href} is not a file: URL`, site);
    }
    const file = site.file();
    if (file === undefined) {
      const hint = "give it: image({ context: … })";
      throw problem(
        "PATH_INVALID",
        "the context is not known: image() was not called from a file",
        site,
        hint,
      );
    }
    return given === undefined
      ? this.#findPackageDirectory(file)
      : resolve(dirname(file), checkText(given, "the context", site));
  }
}
