import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { blobPath, layoutMarker } from "../oci/image/layout-writer.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import { mediaTypes } from "../oci/spec/media-types.ts";
import type { Blobs } from "../oci/store/contract.ts";
import { ask, type Engine, engineFailure, mustAsk } from "./engine.ts";
import { knownLayers } from "./known-layers.ts";
import type { EngineLoad } from "./image-to-load.ts";

/** Podman reads from an OCI image layout only the layers that it lacks. Gives how many it was shown. */
export async function loadIntoPodman({ engine, image, blobs, complete }: EngineLoad): Promise<number> {
  const { manifest, descriptor, config } = image.view;
  const layers = manifest.layers.map(({ digest }) => digest);
  const known = await knownLayers(engine, config.rootfs.diff_ids);
  if (known > 0) {
    await complete(known);
    // What it has may be compressed otherwise: then it asks for more.
    const content = [descriptor.digest, manifest.config.digest, ...layers.slice(known)];
    if ((await pull(engine, descriptor, content, blobs)).status === 0) return layers.length - known;
  }
  await complete(0);
  const answer = await pull(
    engine,
    descriptor,
    [descriptor.digest, manifest.config.digest, ...layers],
    blobs,
  );
  if (answer.status !== 0) throw engineFailure(engine, ["image", "pull"], answer);
  return layers.length;
}

/**
 * From a layout of links into the store: nothing is copied. Some versions call the image by the layout's path, so that it
 * must be relative and in lower case; that name is taken away again.
 */
async function pull(
  engine: Engine,
  descriptor: Descriptor,
  content: readonly Digest[],
  blobs: Pick<Blobs, "path">,
): ReturnType<typeof ask> {
  const room = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-"));
  const name = `tsdock-layout-${randomBytes(8).toString("hex")}`;
  const layout = path.join(room, name);
  try {
    fs.mkdirSync(path.join(layout, "blobs", "sha256"), { recursive: true });
    for (const digest of content) fs.symlinkSync(blobs.path(digest), path.join(layout, blobPath(digest)));
    const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [descriptor] };
    fs.writeFileSync(path.join(layout, "index.json"), JSON.stringify(index));
    fs.writeFileSync(path.join(layout, "oci-layout"), layoutMarker);
    const answer = await ask({ ...engine, cwd: room }, ["image", "pull", "--quiet", `oci:${name}`]);
    if (answer.status === 0) await forgetName(engine, answer.stdout.trim(), name);
    return answer;
  } finally {
    fs.rmSync(room, { recursive: true, force: true });
  }
}

async function forgetName(engine: Engine, id: string, layout: string): Promise<void> {
  const tags = await mustAsk(engine, ["image", "inspect", "--format", "{{json .RepoTags}}", id]);
  const own = (JSON.parse(tags) as readonly string[] | null)?.filter((name) => name.includes(layout)) ?? [];
  for (const name of own) await mustAsk(engine, ["image", "untag", id, name]);
}
