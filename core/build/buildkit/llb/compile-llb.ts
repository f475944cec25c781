import { basename } from "node:path";
import { applyConfig } from "../../../graph/apply-config.ts";
import type { CompiledImage, Definition, Vertex, VertexId } from "../../../graph/definition.ts";
import { Problems } from "../../../graph/compile/problems.ts";
import { refuse } from "../../../graph/export/refuse.ts";
import type { FileOperation, SourceOperation } from "../../../graph/operation.ts";
import { throwAll } from "../../../errors/tsdock-error.ts";
import type { Digest } from "../../../oci/spec/digest.ts";
import type { ContainerConfig } from "../../../oci/spec/image-config.ts";
import type { Platform } from "../../../oci/spec/platform.ts";
import { formatReference, parseReference, withDefaultTag } from "../../../oci/spec/reference.ts";
import type { Message } from "../messages.ts";
import { execOperation } from "./exec-operation.ts";
import { fileOperation } from "./file-operation.ts";
import { GraphWriter, none, type Output } from "./graph-writer.ts";

/** An image from outside, settled. */
export interface KnownSource {
  readonly config: ContainerConfig;
  /** Of its index or manifest. */
  readonly digest: Digest;
}

export interface LlbRequest {
  readonly definition: Definition;
  readonly image: CompiledImage;
  /** By vertex: every image of a registry. */
  readonly sources: ReadonlyMap<VertexId, KnownSource>;
  /** Patterns of a context's `.dockerignore`. */
  readonly ignored: (directory: string) => readonly string[];
}

export interface CompiledLlb {
  /** `pb.Definition`, as `buildctl build` reads it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Directories by the name of the local source: `--local NAME=DIR`. */
  readonly contexts: ReadonlyMap<string, string>;
}

/** Writes the tree of an image for one platform as BuildKit's low-level definition. Throws everything that it cannot say. */
export function compileLlb(request: LlbRequest): CompiledLlb {
  return new LlbCompiler(request).compile();
}

class LlbCompiler {
  readonly #request: LlbRequest;
  readonly #writer = new GraphWriter();
  readonly #outputs = new Map<VertexId, Output>();
  readonly #contexts = new Map<string, string>();
  readonly #problems = new Problems();

  constructor(request: LlbRequest) {
    this.#request = request;
  }

  compile(): CompiledLlb {
    const { definition, image } = this.#request;
    const top = image.platforms[0]?.top;
    // Inputs come before those that use them.
    for (const vertex of definition.vertices.values())
      this.#outputs.set(
        vertex.id,
        this.#problems.attempt(() => this.#output(vertex)),
      );
    throwAll(this.#problems.errors);
    const output = top === undefined ? undefined : this.#outputs.get(top);
    if (output === undefined)
      throw refuse(`${image.name} has no files for BuildKit to make`, image.site, "copy something into it");
    return {
      bytes: this.#writer.finish(output),
      contexts: new Map([...this.#contexts].map(([directory, name]) => [name, directory])),
    };
  }

  #output(vertex: Vertex): Output {
    const { op, platform, name } = vertex;
    const inputs = vertex.inputs.map((id) => this.#outputs.get(id));
    switch (op.type) {
      case "source":
        return this.#source(op, vertex);
      case "file":
        return this.#file(op, vertex, inputs);
      case "exec": {
        const message = execOperation(op, {
          vertex,
          inputs,
          base: this.#configBelow(vertex),
          context: (directory) => this.#context(directory, platform),
          made: (actions) => this.#made(actions, platform),
        });
        return this.#writer.add(message, platform, name);
      }
      case "merge":
        return this.#merge(inputs, platform, name);
      case "diff": {
        const [lower, upper] = inputs;
        if (lower === undefined || upper === undefined) return upper;
        const message = { inputs: [lower, upper], diff: { lower: { input: 0 }, upper: { input: 1 } } };
        return this.#writer.add(message, platform, name);
      }
    }
  }

  /** A linked layer is made on nothing and laid on the base as it is. */
  #file(op: FileOperation, vertex: Vertex, inputs: readonly Output[]): Output {
    const { platform, name } = vertex;
    const config = applyConfig(this.#configBelow(vertex), op.config);
    const message = fileOperation(op, {
      vertex,
      inputs,
      workdir: config.WorkingDir ?? "/",
      user: config.User ? config.User : undefined,
      context: (directory) => this.#context(directory, platform),
      download: (url, checksum, file) =>
        this.#writer.add(
          { source: { identifier: url, attrs: { "http.checksum": checksum, "http.filename": file } } },
          platform,
          `GET ${url}`,
        ),
    });
    const layer = this.#writer.add(message, platform, name);
    return op.link && op.base !== undefined ? this.#merge([inputs[op.base], layer], platform, name) : layer;
  }

  #merge(inputs: readonly Output[], platform: Platform, name: string): Output {
    const present = inputs.filter((input) => input !== undefined);
    if (present.length < 2) return present[0];
    const merge = { inputs: present.map((_, input) => ({ input })) };
    return this.#writer.add({ inputs: present, merge }, platform, name);
  }

  #made(actions: readonly Message[], platform: Platform): Output {
    const complete = actions.map((action) => ({ ...action, input: none, secondaryInput: none, output: 0 }));
    return this.#writer.add({ file: { actions: complete } }, platform, "for a mount");
  }

  #context(directory: string, platform: Platform): Output {
    const known = this.#contexts.get(directory);
    const name = known ?? this.#nameOf(directory);
    this.#contexts.set(directory, name);
    const ignored = this.#request.ignored(directory);
    const attrs: Record<string, string> = { "local.sharedkeyhint": name };
    if (ignored.length > 0) attrs["local.excludepatterns"] = JSON.stringify(ignored);
    return this.#writer.add(
      { source: { identifier: `local://${name}`, attrs } },
      platform,
      `context ${name}`,
    );
  }

  #nameOf(directory: string): string {
    const taken = new Set(this.#contexts.values());
    const plain = basename(directory).replaceAll(/[^\w.-]+/g, "-") || "context";
    let name = plain;
    for (let count = 2; taken.has(name); count += 1) name = `${plain}-${count}`;
    return name;
  }

  #source(op: SourceOperation, { id, platform, name, site }: Vertex): Output {
    switch (op.kind) {
      case "registry": {
        const known = this.#request.sources.get(id);
        if (known === undefined) throw new Error(`${op.reference} is not settled`);
        const reference = { ...withDefaultTag(parseReference(op.reference)), digest: known.digest };
        const identifier = `docker-image://${formatReference(reference)}`;
        return this.#writer.add({ source: { identifier } }, platform, name);
      }
      case "git":
        return this.#git(op, platform, name);
      default:
        throw refuse(
          op.kind === "plugin"
            ? `BuildKit cannot make what the plugin ${op.plugin} gives`
            : "a definition cannot hold files of this machine's archives and layouts",
          site,
          "push an image that holds it to a registry, and begin with its reference",
        );
    }
  }

  #git(op: Extract<SourceOperation, { kind: "git" }>, platform: Platform, name: string): Output {
    const short = op.repository.replace(/^[a-z+]+:\/\//, "").replace(/^([\w.-]+@[\w.-]+):/, "$1/");
    const below = op.subdirectory === undefined ? "" : `:${op.subdirectory}`;
    const source = {
      identifier: `git://${short}#${op.ref}${below}`,
      attrs: { "git.fullurl": op.repository },
    };
    return this.#writer.add({ source }, platform, name);
  }

  /** The configuration that the instructions of a vertex go on from: that of the image at the bottom. */
  #configBelow(vertex: Vertex): ContainerConfig {
    let below: Vertex | undefined = vertex;
    while (below !== undefined) {
      const known = this.#request.sources.get(below.id);
      if (known !== undefined) return known.config;
      const { op, inputs }: Vertex = below;
      const base: number | undefined = op.type === "file" || op.type === "exec" ? op.base : undefined;
      const next: VertexId | undefined = base === undefined ? undefined : inputs[base];
      below = next === undefined ? undefined : this.#request.definition.vertices.get(next);
    }
    return {};
  }
}
