import os from "node:os";
import path from "node:path";
import { checkContexts } from "../../build/check-contexts.ts";
import { type Solution, solve } from "../../build/solver.ts";
import { storeImage } from "../../build/store-image.ts";
import { throwAll } from "../../errors/tsdock-error.ts";
import type { CompiledImage, Definition, VertexId } from "../../graph/definition.ts";
import { Names } from "../../graph/export/dockerfile/names.ts";
import { refuse } from "../../graph/export/refuse.ts";
import { narrow } from "../../graph/select.ts";
import { writeLayout } from "../../oci/image/layout-writer.ts";
import type { ContainerConfig } from "../../oci/spec/image-config.ts";
import type { BuildSession } from "../build-session.ts";
import type { Host } from "../host.ts";
import type { Workspace } from "../workspace.ts";
import { openReadingSession } from "./export-session.ts";

/** Whether a vertex is what a plugin gives. */
export const isPlugins = (id: VertexId, { vertices }: Definition): boolean => {
  const op = vertices.get(id)?.op;
  return op?.type === "source" && op.kind === "plugin";
};

/** Whether other builders cannot read it where it is: what a plugin gives, and docker archives. */
export const isKeptBeside = (id: VertexId, definition: Definition): boolean => {
  const op = definition.vertices.get(id)?.op;
  return isPlugins(id, definition) || (op?.type === "source" && op.kind === "archive");
};

/** Where a file is printed there is no beside. Error `EXPORT_UNSUPPORTED`, for each of them. */
export function refuseSources(ids: readonly VertexId[], definition: Definition): void {
  throwAll(
    ids.map((id) =>
      refuse(
        `a file alone cannot hold ${isPlugins(id, definition) ? "what a plugin gives" : "a docker archive"}: ${definition.vertices.get(id)?.name ?? ""}`,
        definition.vertices.get(id)?.site,
        "write to a file, beside which it is put: -o FILE",
      ),
    ),
  );
}

/** What several files take from plugins and docker archives: directories below the one beside the file, each made once. */
export class SourceLayouts {
  readonly #names = new Names([]);
  readonly #directories = new Map<string, { readonly name: string; readonly ids: readonly VertexId[] }>();

  /** The directory, relative, of the layout that holds these: one vertex for each platform. */
  directory(wanted: string, ids: readonly VertexId[]): string {
    const key = ids.join(" ");
    const known = this.#directories.get(key) ?? { name: `sources/${this.#names.take(wanted)}`, ids };
    this.#directories.set(key, known);
    return known.name;
  }

  get size(): number {
    return this.#directories.size;
  }

  /** Builds them, and writes each as an OCI layout with the name `latest`. */
  async write(beside: string, workspace: Workspace, host: Host): Promise<void> {
    if (this.size === 0) return;
    await using session = await openReadingSession(workspace, host);
    const { definition } = workspace.compiled;
    const images = [...this.#directories.values()].map(({ name, ids }) => imageOf(name, ids, definition));
    const solution = await solveSources(images, definition, session);
    const { blobs } = session.store;
    for (const image of images) {
      const { descriptor } = await storeImage(image, solution, session.context);
      await writeLayout(path.join(beside, image.name), [{ name: "latest", descriptor }], blobs, host.signal);
    }
  }
}

/** The configurations that plugins give with these. */
export async function sourceConfigs(
  ids: readonly VertexId[],
  definition: Definition,
  session: BuildSession,
): Promise<readonly (readonly [VertexId, ContainerConfig])[]> {
  const images = ids.map((id) => imageOf(id, [id], definition));
  const { states } = await solveSources(images, definition, session);
  return ids.map((id) => {
    const state = states.get(id);
    return [id, state !== undefined && "tree" in state ? (state.tree.base.config.config ?? {}) : {}];
  });
}

async function solveSources(
  images: readonly CompiledImage[],
  definition: Definition,
  { context }: BuildSession,
): Promise<Solution> {
  const narrowed = narrow(definition, images);
  throwAll(checkContexts(narrowed, context.contexts));
  const options = { jobs: os.availableParallelism(), keepGoing: false, noCache: () => false };
  const solution = await solve(narrowed, context, options);
  throwAll(solution.errors);
  context.signal.throwIfAborted();
  return solution;
}

/** An image that is nothing but its source. */
function imageOf(name: string, ids: readonly VertexId[], { vertices }: Definition): CompiledImage {
  return {
    name,
    platforms: ids.flatMap((id) => {
      const vertex = vertices.get(id);
      return vertex === undefined ? [] : [{ platform: vertex.platform, source: id, steps: [], top: id }];
    }),
    annotations: { manifest: {}, index: {}, descriptor: {} },
    directory: "",
    groups: [],
  };
}
