import { basename, relative } from "node:path";
import type { Site } from "../../../declare/site.ts";
import type { VertexId } from "../../definition.ts";
import type { Content } from "../../operation.ts";
import { heredoc, heredocText } from "./heredoc.ts";
import { Names } from "./names.ts";
import type { GeneratedFile, Placed } from "./surroundings.ts";
import { word } from "./words.ts";

/** A context beside the main one: a directory, or an OCI layout. */
export interface NamedContext {
  readonly name: string;
  readonly value: string;
}

type Helper = "directories" | "mounts";

/** What stands around the stages of a file, the same for all its platforms: contexts, files beside it, helper stages, and names. */
export class SharedParts {
  readonly #workspace: string;
  readonly #names: Names;
  readonly #named = new Map<string, string>();
  readonly #contexts = new Map<string, string>();
  readonly #filesByContent = new Map<string, Placed>();
  readonly #mounted = new Map<string, Placed>();
  readonly #directories = new Map<string, Placed>();
  readonly #helpers = new Map<Helper, { readonly name: string; readonly lines: string[] }>();
  readonly #layouts = new Map<string, { readonly name: string; readonly ids: Set<VertexId> }>();
  /** Absolute directory of the main context, by the first who takes files from one. */
  main: string | undefined;
  readonly files = new Map<string, GeneratedFile>();

  /** @param taken names that mean something already */
  constructor(workspace: string, taken: Iterable<string>) {
    this.#workspace = workspace;
    this.#names = new Names(taken);
  }

  /** The name of what `key` stands for. */
  name(key: string, wanted: string): string {
    const known = this.#named.get(key) ?? this.#names.take(wanted);
    this.#named.set(key, known);
    return known;
  }

  /** What comes before each of these endings in the names that stand for `key`. */
  stem(key: string, wanted: string, endings: readonly string[]): string {
    const known = this.#named.get(`stem ${key}`) ?? this.#names.takeStem(wanted, endings);
    this.#named.set(`stem ${key}`, known);
    return known;
  }

  get contexts(): readonly NamedContext[] {
    return [...this.#contexts].map(([value, name]) => ({ name, value }));
  }

  get filesContext(): string {
    return this.name("files", "files");
  }

  /** What lies beside the file as layouts, by the names of the contexts that hold it. */
  get layouts(): ReadonlyMap<string, readonly VertexId[]> {
    return new Map([...this.#layouts.values()].map(({ name, ids }) => [name, [...ids]]));
  }

  get helpers(): readonly string[] {
    return [...this.#helpers.values()].map(({ name, lines }) =>
      [`FROM scratch AS ${name}`, ...lines].join("\n"),
    );
  }

  contextOf(directory: string): string | undefined {
    if (directory === this.main) return undefined;
    const below = relative(this.#workspace, directory);
    return this.#context(directory, below === "" ? "workspace" : basename(directory));
  }

  layout(directory: string, tag: string | undefined): string {
    const value = `oci-layout://${directory}${tag === undefined ? "" : `:${tag}`}`;
    return this.#context(value, `${basename(directory)}-layout`);
  }

  /** Other builders have no plugins and read no docker archives: what these gave is a layout beside the file, for each platform that takes it. */
  sourceLayout(id: VertexId, wanted: string, key: string): string {
    const made = this.#layouts.get(key) ?? { name: this.#names.take(wanted), ids: new Set() };
    made.ids.add(id);
    this.#layouts.set(key, made);
    return made.name;
  }

  generate(name: string, file: GeneratedFile): Placed {
    const key = JSON.stringify([name, file]);
    const known = this.#filesByContent.get(key);
    if (known !== undefined) return known;
    const directory = String(this.#filesByContent.size + 1);
    const placed = { from: this.filesContext, path: `/${directory}` };
    this.#filesByContent.set(key, placed);
    this.files.set(`${directory}/${name}`, file);
    return placed;
  }

  emptyDirectory(name: string, site: Site | undefined): Placed {
    const known = this.#directories.get(name);
    if (known !== undefined) return known;
    const { name: from, lines } = this.#helper("directories");
    const path = `/${this.#directories.size + 1}`;
    lines.push(`WORKDIR ${word(`${path}/${name}`, site)}`);
    const placed = { from, path };
    this.#directories.set(name, placed);
    return placed;
  }

  mountedFile(content: Content, mode: number): Placed {
    const key = JSON.stringify([content, mode]);
    const known = this.#mounted.get(key);
    if (known !== undefined) return known;
    const { name: from, lines } = this.#helper("mounts");
    const placed = { from, path: `/${lines.length + 1}` };
    lines.push(this.#mountedLine(content, mode, placed.path));
    this.#mounted.set(key, placed);
    return placed;
  }

  #mountedLine(content: Content, mode: number, path: string): string {
    const chmod = `--chmod=${mode.toString(8)}`;
    const text = heredocText(content);
    if (text === undefined) {
      const made = this.generate("file", { type: "file", content });
      return `COPY --from=${made.from} ${chmod} ${made.path}/file ${path}`;
    }
    const { mark, body } = heredoc(text);
    return `COPY ${chmod} ${mark} ${path}\n${body}`;
  }

  #context(value: string, wanted: string): string {
    const name = this.#contexts.get(value) ?? this.#names.take(wanted);
    this.#contexts.set(value, name);
    return name;
  }

  #helper(kind: Helper) {
    const known = this.#helpers.get(kind) ?? { name: this.#names.take(kind), lines: [] };
    this.#helpers.set(kind, known);
    return known;
  }
}
