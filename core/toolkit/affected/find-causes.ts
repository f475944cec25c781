import path from "node:path";
import picomatch from "picomatch";
import type { SymbolicState } from "../../build/symbolic/symbolic-keys.ts";
import { formatPlace } from "../../errors/place.ts";
import type { CompiledImage, Definition, Vertex, VertexId } from "../../graph/definition.ts";
import { imageDependencies } from "../../graph/image-dependencies.ts";
import { canonicalJson } from "../../util/json.ts";
import type { Workspace } from "../workspace.ts";

/** One way from changed files to an image. */
export interface AffectedCause {
  /** What differs, relative to the workspace: files that are copied, modules, the configuration, the lock. */
  readonly files: readonly string[];
  /** The first step that is another; null where only the configuration or the order of steps is. */
  readonly vertex: string | null;
  /** `file:line:column` of the step or the image; null where it is not known. */
  readonly source: string | null;
  /** Images of this workspace that bring it in, the nearest to the step first. */
  readonly through: readonly string[];
}

export interface Sides {
  readonly now: Workspace;
  readonly past: Workspace;
  readonly definition: Definition;
  readonly states: ReadonlyMap<VertexId, SymbolicState>;
  readonly pastKeys: ReadonlySet<string>;
  /** Absolute paths. */
  readonly changed: readonly string[];
}

/** Explains why images are affected; which ones are is settled before by their keys. */
export class CauseFinder {
  readonly #sides: Sides;
  readonly #dependencies: ReadonlyMap<string, readonly string[]>;

  constructor(sides: Sides) {
    this.#sides = sides;
    this.#dependencies = imageDependencies(sides.definition);
  }

  of(image: CompiledImage): readonly AffectedCause[] {
    const roots = [...this.#sides.definition.vertices.values()].filter(
      (vertex) => vertex.images.includes(image.name) && this.#isRoot(vertex),
    );
    if (roots.length > 0) {
      const causes = roots.map((vertex) => ({ vertex, cause: this.#ofVertex(vertex, image) }));
      const own = causes.filter(({ vertex, cause }) => !this.#isOnNewBase(vertex) || cause.files.length > 0);
      return own.map(({ cause }) => cause);
    }
    const { site } = image;
    const place = site?.place();
    const manifest = path.join(image.directory, "package.json");
    const described = this.#sides.changed.includes(manifest) && !this.#isSaidAlike(image);
    const files = described ? [manifest] : this.#sources(site?.file());
    return [
      {
        files: this.#shown(files),
        vertex: null,
        source: place === undefined ? null : formatPlace(place),
        through: [],
      },
    ];
  }

  /** Whether its package says of it what it said. */
  #isSaidAlike(image: CompiledImage): boolean {
    const { images } = this.#sides.past.compiled.definition;
    const before = images.find(({ name }) => name === image.name);
    return canonicalJson(before?.described ?? null) === canonicalJson(image.described ?? null);
  }

  #isNew(id: VertexId): boolean {
    const { states, pastKeys } = this.#sides;
    return !pastKeys.has(states.get(id)?.key ?? "");
  }

  /** Another than any before, from sources that were there before. */
  #isRoot({ id, op, inputs }: Vertex): boolean {
    const base = op.type === "file" ? op.base : undefined;
    return this.#isNew(id) && !inputs.some((input, index) => index !== base && this.#isNew(input));
  }

  /** Work on files may be another by itself or by what it lies on. */
  #isOnNewBase({ op, inputs }: Vertex): boolean {
    const base = op.type === "file" && op.base !== undefined ? inputs[op.base] : undefined;
    return base !== undefined && this.#isNew(base);
  }

  #ofVertex(vertex: Vertex, image: CompiledImage): AffectedCause {
    const place = vertex.site?.place();
    const needed = this.#dependencies.get(image.name) ?? [];
    const copied = this.#copied(vertex);
    const lock = path.join(this.#sides.now.directory, "tsdock.lock");
    const locked = vertex.op.type === "source" && this.#sides.changed.includes(lock) ? [lock] : [];
    const files = [...copied, ...locked];
    return {
      files: this.#shown(files.length > 0 ? files : this.#sources(vertex.site?.file())),
      vertex: vertex.name,
      source: place === undefined ? null : formatPlace(place),
      through: vertex.images.filter((name) => needed.includes(name)),
    };
  }

  /** Changed files that the step takes from a context. */
  #copied({ op }: Vertex): readonly string[] {
    const taken: (readonly [directory: string, patterns: readonly string[]])[] = [];
    if (op.type === "file" && "source" in op.action && op.action.source.type === "context")
      taken.push([
        op.action.source.directory,
        op.action.type === "copy" ? op.action.include : [op.action.path],
      ]);
    if (op.type === "exec")
      for (const mount of op.mounts)
        if (mount.type === "bind" && mount.source.type === "context")
          taken.push([mount.source.directory, [mount.path]]);
    return taken.flatMap(([directory, patterns]) => {
      const matches = patterns.map(matcher);
      return this.#sides.changed.filter((file) => {
        const relative = path.relative(directory, file);
        const inside = relative !== "" && !relative.startsWith(`..${path.sep}`);
        return inside && (relative === ".dockerignore" || matches.some((match) => match(relative)));
      });
    });
  }

  /** Changed files that the declarations in a file are made from. */
  #sources(file: string | undefined): readonly string[] {
    const { now, past, changed } = this.#sides;
    const closures = [...now.sources.values(), ...past.sources.values()];
    const relevant = new Set(closures.filter((all) => file === undefined || all.includes(file)).flat());
    for (const { config } of [now, past]) if (config.file !== undefined) relevant.add(config.file);
    const found = changed.filter((one) => relevant.has(one));
    // What a package says of itself settles contexts and where imports lead.
    return found.length > 0 ? found : changed.filter((one) => path.basename(one) === "package.json");
  }

  #shown(files: readonly string[]): readonly string[] {
    return [...new Set(files.map((file) => path.relative(this.#sides.now.directory, file)))].sort();
  }
}

/** A pattern of a copy covers what it matches and all that lies in it. */
function matcher(pattern: string): (relative: string) => boolean {
  const plain = path.posix.normalize(pattern).replace(/^\/+|\/+$/g, "");
  if (plain === "." || plain === "") return () => true;
  const matches = picomatch([plain, `${plain}/**`], { dot: true });
  return (relative) => matches(relative) || relative.startsWith(`${plain}/`);
}
