import fs from "node:fs";
import path from "node:path";

/** Directories that programs of this machine are looked for in, besides those of the caller's search path. */
const systemDirectories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Programs of this machine, found without asking the environment. */
export class HostTools {
  readonly #directories: readonly string[];

  /** `searchPath` as in `PATH`: relative parts of it are passed over. */
  constructor(searchPath = "") {
    const given = searchPath.split(":").filter((directory) => path.isAbsolute(directory));
    this.#directories = [...new Set([...given, ...systemDirectories])];
  }

  /** What scripts of ours run with: nothing of the user's environment but where programs are. */
  get environment(): Readonly<Record<string, string>> {
    return { PATH: this.#directories.join(":"), LC_ALL: "C" };
  }

  /** Absolute path of a program; undefined where it is not installed. */
  find(name: string): string | undefined {
    return this.#directories.map((directory) => path.join(directory, name)).find(isExecutable);
  }
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    // Not there, or not ours to run: the next directory may have it.
    return false;
  }
}
