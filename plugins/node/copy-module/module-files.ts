import { createRequire, isBuiltin } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type PlanContext, TsdockError } from "tsdock/plugin";
import { type DataFile, placeOf } from "../project/data-file.ts";
import { compileFile, isScript, outputName } from "./compile-file.ts";
import { type Edge, findEdges } from "./find-edges.ts";

/** A file that a module reaches. */
export interface ModuleFile {
  /** Where it is put, relative to the target directory: its place in the workspace, compiled names. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}

type Reader = Pick<PlanContext, "files" | "workspace" | "warn">;

/** One resolver per kind of edge: packages answer `import` and `require` differently. */
function createResolvers() {
  const { ResolverFactory } = createRequire(import.meta.url)("oxc-resolver") as typeof import("oxc-resolver");
  const common = {
    extensions: [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx", ".json", ".node"],
    extensionAlias: {
      ".js": [".ts", ".tsx", ".js"],
      ".jsx": [".tsx", ".jsx"],
      ".mjs": [".mts", ".mjs"],
      ".cjs": [".cts", ".cjs"],
    },
    mainFields: ["main"],
    nodePath: false,
    tsconfig: "auto" as const,
  };
  return {
    import: new ResolverFactory({ ...common, conditionNames: ["node", "import"] }),
    require: new ResolverFactory({ ...common, conditionNames: ["node", "require"] }),
  };
}

/**
 * Everything that an entry reaches in the workspace: modules, JSON, files by `new URL("…", import.meta.url)`, and the
 * package.json that says what kind of module each is. Packages in `node_modules` are left to who installs them.
 * Errors `MODULE_NOT_FOUND`, `MODULE_SYNTAX`, `PATH_OUTSIDE_CONTEXT`.
 */
export function moduleFiles(entry: string, compile: boolean, context: Reader): readonly ModuleFile[] {
  return new ModuleWalk(compile, context).from(entry);
}

class ModuleWalk {
  readonly #compile: boolean;
  readonly #context: Reader;
  readonly #resolvers = createResolvers();
  readonly #files = new Map<string, ModuleFile>();
  readonly #open: string[] = [];
  readonly #seen = new Set<string>();

  constructor(compile: boolean, context: Reader) {
    this.#compile = compile;
    this.#context = context;
  }

  from(entry: string): readonly ModuleFile[] {
    if (this.#context.files.read(entry) === undefined) {
      throw new TsdockError("MODULE_NOT_FOUND", `there is no file ${entry}`, {
        hint: 'write the entry relative to the configuration: copyModule("packages/api/src/main.ts", "/app")',
      });
    }
    this.#reach(entry);
    for (let file = this.#open.pop(); file !== undefined; file = this.#open.pop()) this.#take(file);
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #reach(file: string): void {
    if (this.#seen.has(file)) return;
    this.#seen.add(file);
    this.#open.push(file);
  }

  #nameOf(file: string): string {
    return this.#compile ? outputName(file) : file;
  }

  #take(file: string): void {
    const bytes = this.#context.files.read(file);
    if (bytes === undefined) return;
    const content = isScript(file) ? this.#script(file, bytes) : bytes;
    const executable = Buffer.from(bytes.subarray(0, 2)).toString() === "#!";
    this.#files.set(file, { path: this.#nameOf(file), content, executable });
  }

  #script(file: string, bytes: Uint8Array): Uint8Array {
    this.#reachManifest(file);
    const source: DataFile = {
      path: path.join(this.#context.workspace, file),
      text: Buffer.from(bytes).toString("utf8"),
    };
    const code = compileFile(source);
    const { edges, computed, mistake } = findEdges(outputName(source.path), code);
    if (mistake !== undefined)
      throw new TsdockError("MODULE_SYNTAX", mistake.message, { place: placeOf(source, "") });
    if (computed.length > 0) {
      this.#context.warn(
        `${file} imports something by a name that is computed: what that reaches is not copied`,
        "copy it beside: .copy(…)",
      );
    }
    let result = code;
    for (const edge of [...edges].reverse()) {
      const target = this.#follow(edge, file, source);
      if (target === undefined) continue;
      const replaced = this.#rewritten(file, target);
      result = `${result.slice(0, edge.start)}${JSON.stringify(replaced)}${result.slice(edge.end)}`;
    }
    return this.#compile ? Buffer.from(result) : bytes;
  }

  /** What an edge reaches in the workspace; undefined for what Node or a package gives. */
  #follow({ kind, specifier }: Edge, file: string, source: DataFile): string | undefined {
    if (kind === "asset") {
      if (/^(?!file:)[a-z][a-z0-9+.-]*:/i.test(specifier)) return undefined;
      return this.#asset(new URL(specifier, pathToFileURL(source.path)), specifier, source);
    }
    if (isBuiltin(specifier) || /^(?!file:)[a-z][a-z0-9+.-]+:/i.test(specifier)) return undefined;
    const found = this.#resolvers[kind].resolveFileSync(source.path, specifier);
    if (found.path === undefined) {
      throw new TsdockError("MODULE_NOT_FOUND", `${file} imports ${specifier}, which cannot be found`, {
        place: placeOf(source, specifier),
        details: found.error,
        hint: "install it, or correct the path",
      });
    }
    if (found.path.split(path.sep).includes("node_modules")) return undefined;
    const target = this.#inside(found.path, specifier, source);
    this.#reach(target);
    return target;
  }

  #asset(url: URL, specifier: string, source: DataFile): string | undefined {
    const target = this.#inside(fileURLToPath(url).replace(/\/$/, ""), specifier, source);
    if (this.#context.files.read(target) !== undefined) {
      this.#reach(target);
      return target;
    }
    const { files } = this.#context;
    if (files.list(target).length === 0) {
      throw new TsdockError("MODULE_NOT_FOUND", `the asset ${specifier} is not there`, {
        place: placeOf(source, specifier),
        hint: "correct the path",
      });
    }
    for (const { entry } of files.entries(target, () => false)) {
      if (entry.type === "file")
        this.#reach(`${target}/${Buffer.from(entry.path, "latin1").toString("utf8")}`);
    }
    return undefined;
  }

  #inside(absolute: string, specifier: string, source: DataFile): string {
    const relative = path.relative(this.#context.workspace, absolute);
    if (!relative.startsWith("..") && !path.isAbsolute(relative)) return relative.split(path.sep).join("/");
    throw new TsdockError("PATH_OUTSIDE_CONTEXT", `${specifier} is ${absolute}, outside of the workspace`, {
      place: placeOf(source, specifier),
      hint: "move it into the workspace",
    });
  }

  /** The specifier under which the copy of `target` is found from the copy of `file`. */
  #rewritten(file: string, target: string): string {
    const relative = path.posix.relative(path.posix.dirname(file), this.#nameOf(target));
    return relative.startsWith("../") ? relative : `./${relative}`;
  }

  /** Node asks the nearest package.json whether a `.js` file is an ES module. */
  #reachManifest(file: string): void {
    for (let at = path.posix.dirname(file); ; at = path.posix.dirname(at)) {
      const manifest = at === "." ? "package.json" : `${at}/package.json`;
      if (this.#context.files.read(manifest) !== undefined) {
        this.#reach(manifest);
        return;
      }
      if (at === ".") return;
    }
  }
}
