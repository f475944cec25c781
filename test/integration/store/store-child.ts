/** One of several processes that use a store at once. Arguments: store, seed, number of rounds (0: until killed). */
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { Store } from "../../../core/oci/store/store.ts";

const [directory = "", seed = "0", rounds = "0"] = process.argv.slice(2);

async function round(store: Store, number: number): Promise<void> {
  const layer = `layer ${number % 17} `.repeat(2000);
  const diffId = await store.blobs.put(layer);
  const config = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [diffId] },
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: await store.blobs.put(config), size: config.length },
    layers: [{ mediaType: mediaTypes.layerTar, digest: diffId, size: layer.length }],
  });
  const descriptor = {
    mediaType: mediaTypes.manifest,
    digest: await store.blobs.put(manifest),
    size: manifest.length,
  };
  await store.images.set([
    { name: `shared:${number % 5}`, descriptor },
    { name: `own-${seed}:latest`, descriptor },
  ]);
  await store.actions.put(digestOf(String(number % 29)).slice(7), {
    version: 1,
    layer: { diffId, size: layer.length },
    ms: 1,
  });
  await store.compressed.put(diffId, {
    descriptor: { mediaType: mediaTypes.layerGzip, digest: digestOf(layer), size: layer.length },
    repositories: [`registry.example/${seed}`],
  });
  if (store.snapshots.path(diffId) === undefined) {
    await using pending = await store.snapshots.pending();
    fs.mkdirSync(path.join(pending.path, "etc"), { recursive: true });
    fs.writeFileSync(path.join(pending.path, "etc", "layer"), layer);
    await pending.commit(diffId);
  }
  const tree = store.snapshots.path(diffId);
  if (tree === undefined) throw new Error("a snapshot in use was pruned");
  if (fs.readFileSync(path.join(tree, "etc", "layer"), "utf8") !== layer)
    throw new Error("a snapshot is not whole");
  for (const digest of [diffId, descriptor.digest]) {
    if (!store.blobs.has(digest)) throw new Error(`${digest}, in use, was pruned`);
    await store.blobs.read(digest);
  }
  await using cache = await store.mounts.open("cache", number % 2 === 0 ? "locked" : "private");
  await useAlone(path.join(cache.path, "owner"));
  if (number % 7 === 0) await store.prune({ all: true });
}

/** Fails where another process that still lives says that the cache is its own. */
async function useAlone(file: string): Promise<void> {
  const other = fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : process.pid;
  if (other !== process.pid && fs.existsSync(`/proc/${other}`))
    throw new Error("a locked cache is in use by two");
  fs.writeFileSync(file, String(process.pid));
  await delay(1);
  if (fs.readFileSync(file, "utf8") !== String(process.pid))
    throw new Error("a locked cache was taken by another");
  fs.rmSync(file);
}

process.stdout.write("ready\n");
for (let number = Number(seed); rounds === "0" || number < Number(seed) + Number(rounds); number++) {
  await using store = await Store.open(directory);
  await using _lease = await store.lease();
  await round(store, number);
}
