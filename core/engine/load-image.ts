import { hexOf } from "../oci/spec/digest.ts";
import { formatReference, parseReference, withDefaultTag } from "../oci/spec/reference.ts";
import { ask, type Engine, mustAsk } from "./engine.ts";
import type { EngineLoad } from "./image-to-load.ts";
import { loadIntoDocker } from "./load-into-docker.ts";
import { loadIntoPodman } from "./load-into-podman.ts";

export interface LoadResult {
  /** What the engine knows the image by. */
  readonly name: string;
  readonly layers: number;
  /** Layers that the engine was given; 0 where it had the image. */
  readonly sent: number;
}

/**
 * Makes an image one of another engine's, under the same names. What that has is not sent again, where it can do without.
 * Errors `ENGINE_UNAVAILABLE`, `ENGINE_FAILED`.
 */
export async function loadIntoEngine(load: EngineLoad): Promise<LoadResult> {
  const { engine, image } = load;
  const { view, names } = image;
  const id = view.manifest.config.digest;
  const layers = view.manifest.layers.length;
  const known = await ask(engine, ["image", "inspect", "--format", "{{.Id}}", hexOf(id)]);
  const sent = known.status === 0 ? 0 : await send(load);
  // Docker learns the names with the image; one that it had has others.
  const tags = engine.name === "docker" && known.status !== 0 ? [] : names;
  for (const name of tags) await mustAsk(engine, ["image", "tag", hexOf(id), nameIn(engine, name)]);
  const [first] = names;
  return { name: first === undefined ? hexOf(id) : nameIn(engine, first), layers, sent };
}

const send = (load: EngineLoad): Promise<number> =>
  load.engine.name === "docker" ? loadIntoDocker(load) : loadIntoPodman(load);

/** Podman takes short names for those of `localhost`, unless they are whole. */
const nameIn = ({ name }: Engine, image: string): string =>
  name === "docker" ? image : formatReference(withDefaultTag(parseReference(image)));
