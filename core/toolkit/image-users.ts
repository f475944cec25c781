import type { Digest } from "../oci/spec/digest.ts";
import { listContainers } from "../run/state/container-directory.ts";

export interface ImageUser {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
}

/** The containers of a store (its directory), by the manifests of the images that they were made from. */
export function imageUsers(store: string): ReadonlyMap<Digest, readonly ImageUser[]> {
  const users = new Map<Digest, ImageUser[]>();
  for (const container of listContainers(store)) {
    const record = container.record();
    if (record === undefined) continue;
    const { digest } = record.image.descriptor;
    const user = { id: record.id, name: record.name, running: container.state().status === "running" };
    users.set(digest, [...(users.get(digest) ?? []), user]);
  }
  return users;
}
