import { dockerArchive, partialDockerArchive } from "../oci/image/docker-archive.ts";
import { ask, type Engine, engineFailure, mustAsk } from "./engine.ts";
import { knownLayers } from "./known-layers.ts";
import type { EngineLoad } from "./image-to-load.ts";

const loadCommand = ["image", "load", "--quiet"];

/**
 * Dockers that keep layers in a store of their own look a layer's file up in the archive only where they lack it: known ones
 * are left out. Those that keep images in containerd need the archive whole. Gives how many layers were sent.
 */
export async function loadIntoDocker({ engine, image, blobs, complete }: EngineLoad): Promise<number> {
  const { view, names } = image;
  const { diff_ids: diffIds } = view.config.rootfs;
  const known = (await keepsInContainerd(engine)) ? 0 : await knownLayers(engine, diffIds);
  if (known > 0) {
    await complete(known);
    const archive = partialDockerArchive({ names, image: view }, known, blobs);
    // It may have lost a layer since it was asked.
    if ((await ask(engine, loadCommand, archive)).status === 0) return diffIds.length - known;
  }
  await complete(0);
  const answer = await ask(engine, loadCommand, dockerArchive([{ names, image: view }], blobs));
  if (answer.status !== 0) throw engineFailure(engine, loadCommand, answer);
  return diffIds.length;
}

async function keepsInContainerd(engine: Engine): Promise<boolean> {
  const command = ["info", "--format", "{{json .DriverStatus}}"];
  const answer = await ask(engine, command);
  if (answer.status === 0) return answer.stdout.includes("io.containerd.snapshotter");
  // Docker 28 fails at the template where no daemon answers, and does not say that; `version` does.
  await mustAsk(engine, ["version", "--format", "{{.Server.Version}}"]);
  throw engineFailure(engine, command, answer);
}
