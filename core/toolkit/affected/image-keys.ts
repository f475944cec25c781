import { createHash } from "node:crypto";
import type { SymbolicState } from "../../build/symbolic/symbolic-keys.ts";
import { contentOf } from "../../build/tree.ts";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import { assembleImage } from "../../graph/assemble-image.ts";
import type { CompiledImage, CompiledPlatform, VertexId } from "../../graph/definition.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import { canonicalJson } from "../../util/json.ts";

type States = ReadonlyMap<VertexId, SymbolicState>;

/** What an image would be: equal keys, equal images on every platform. */
export function imageKey(image: CompiledImage, states: States): string {
  const platforms = image.platforms.map((one) => platformKey(one, states));
  return createHash("sha256")
    .update(canonicalJson({ platforms, annotations: image.annotations, described: valuesOf(image) }))
    .digest("hex");
}

/** Where a value comes from is nothing that an image says. */
const valuesOf = ({ described }: CompiledImage) => described?.map(({ name, value }) => [name, value]) ?? null;

function platformKey(compiled: CompiledPlatform, states: States): unknown {
  const { platform, steps, source, top } = compiled;
  const treeOf = (id: VertexId | undefined) => (id === undefined ? undefined : states.get(id)?.tree);
  const base = treeOf(source);
  const config = (): string =>
    assembleImage({
      base: base?.base.config,
      platform,
      steps,
      layerOf: (id) => treeOf(id)?.layers.at(-1)?.diffId,
      layersOf: (id) => treeOf(id)?.layers ?? [],
    }).imageId;
  // With a base whose environment is not known, functions say what they are, besides what they give.
  const functions = steps.flatMap((step) =>
    step.type === "layers" || step.instruction?.type !== "env-extend"
      ? []
      : [String(step.instruction.extend)],
  );
  return {
    platform: formatPlatform(platform),
    files: contentOf(treeOf(top) ?? { layers: [] }),
    base: contentOf(base ?? { layers: [] }),
    functions: source === undefined ? [] : functions,
    config: unlessUnknown(config) ?? steps.map(({ createdBy }) => createdBy),
  };
}

function unlessUnknown(config: () => string): string | undefined {
  try {
    return config();
  } catch (error) {
    if (isTsdockError(error) && error.code === "ENV_EXTENSION_FAILED") return undefined;
    throw error;
  }
}
