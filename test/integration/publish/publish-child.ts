// Publishes images of a store, as a process of its own that can be killed: `node publish-child.mjs JSON`.
import { RegistryClient } from "../../../core/oci/registry/client.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { StoredJournals } from "../../../core/publish/journal/journal-files.ts";
import { publish } from "../../../core/publish/publish.ts";
import type { PublishImage } from "../../../core/publish/settle-image.ts";

/** What the process is to publish, and where. */
export interface ChildTask {
  readonly store: string;
  readonly destination: string;
  readonly images: readonly PublishImage[];
}

const { store: directory, destination, images } = JSON.parse(process.argv[2] ?? "") as ChildTask;
await using store = await Store.open(directory);
await using client = new RegistryClient();
await publish({
  images,
  destination,
  tags: () => [
    { tag: "1.0.0", class: "immutable", reason: "test" },
    { tag: "1", class: "rolling", reason: "test" },
  ],
  store,
  client: () => Promise.resolve(client),
  journal: new StoredJournals(directory, "/workspace"),
  emit: () => undefined,
  signal: new AbortController().signal,
});
