import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { PublishOptions } from "../../../core/publish/publish.ts";
import type { TsdockEvent } from "../../../core/events.ts";
import { RegistryClient, type RegistryClientOptions } from "../../../core/oci/registry/client.ts";
import type { Descriptor } from "../../../core/oci/spec/descriptor.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import type { Store } from "../../../core/oci/store/store.ts";

/** A real tar with one file of this content. */
export function tarOf(directory: string, name: string, content: Uint8Array | string): Buffer {
  const root = path.join(directory, `tree-${name}`);
  mkdirSync(root, { recursive: true });
  writeFileSync(path.join(root, name), content);
  const file = path.join(directory, `${name}.tar`);
  const result = spawnSync("tar", [
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "-C",
    root,
    "-cf",
    file,
    name,
  ]);
  if (result.status !== 0) throw new Error(result.stderr.toString());
  return readFileSync(file);
}

const descriptorOf = (bytes: Uint8Array, mediaType: string): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

/** Puts an image with uncompressed layers into the store; gives the descriptor of its manifest. */
export async function storeImage(
  store: Store,
  layers: readonly Uint8Array[],
  {
    architecture = "amd64",
    annotations = {},
  }: { architecture?: string; annotations?: Record<string, string> } = {},
): Promise<Descriptor> {
  const put = async (bytes: Uint8Array, mediaType: string): Promise<Descriptor> => {
    await store.blobs.put(bytes);
    return descriptorOf(bytes, mediaType);
  };
  const putLayer = async (bytes: Uint8Array): Promise<Descriptor> => {
    const layer = descriptorOf(bytes, mediaTypes.layerTar);
    await using pending = await store.blobs.pending();
    writeFileSync(pending.path, bytes);
    await pending.commit(layer.digest, layer.size);
    return layer;
  };
  const described = await Promise.all(layers.map(putLayer));
  const diffIds = described.map(({ digest }) => digest);
  const config = {
    architecture,
    os: "linux",
    config: { Cmd: ["/x"] },
    rootfs: { type: "layers", diff_ids: diffIds },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await put(Buffer.from(JSON.stringify(config)), mediaTypes.config),
    layers: described,
    annotations: { "org.opencontainers.image.title": "test", ...annotations },
  };
  return put(Buffer.from(JSON.stringify(manifest)), mediaTypes.manifest);
}

export async function storeIndex(store: Store, manifests: readonly Descriptor[]): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
  await store.blobs.put(bytes);
  return descriptorOf(bytes, mediaTypes.index);
}

export const rolling =
  (...tags: readonly string[]) =>
  () =>
    tags.map((tag) => ({ tag, class: "rolling", reason: "given by --tag" }) as const);
export const immutable =
  (...tags: readonly string[]) =>
  () =>
    tags.map((tag) => ({ tag, class: "immutable", reason: "given by --tag" }) as const);

/** Short pauses: what is tested is that there are other tries, not how long they wait. */
export const impatient = { baseMs: 2, maxMs: 20, maxRetryAfterMs: 50 } as const;

export interface PublishSetup {
  readonly events: TsdockEvent[];
  readonly client: RegistryClient;
  readonly common: Pick<PublishOptions, "store" | "client" | "emit" | "signal">;
  [Symbol.asyncDispose](): Promise<void>;
}

export function setUp(store: Store, options: RegistryClientOptions = {}): PublishSetup {
  const events: TsdockEvent[] = [];
  const emit = (event: TsdockEvent): void => void events.push(event);
  const client = new RegistryClient({ retry: impatient, emit, ...options });
  return {
    events,
    client,
    common: { store, client: () => Promise.resolve(client), emit, signal: new AbortController().signal },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
