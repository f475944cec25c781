import type { Digest } from "../oci/spec/digest.ts";
import { listContainers } from "../run/state/container-directory.ts";

export interface ImageUser {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
}

/**
 * The containers of a store (its directory), by the ids of the images that they were made from: manifests may differ in what no
 * container sees, annotations above all.
 */
export function imageUsers(store: string): ReadonlyMap<Digest, readonly ImageUser[]> {
  const users = new Map<Digest, ImageUser[]>();
  for (const container of listContainers(store)) {
    const record = container.record();
    if (record === undefined) continue;
    const user = { id: record.id, name: record.name, running: container.state().status === "running" };
    users.set(record.image.id, [...(users.get(record.image.id) ?? []), user]);
  }
  return users;
}
