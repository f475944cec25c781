import fs from "node:fs";
import path from "node:path";
import type { Digest } from "../../core/oci/spec/digest.ts";

/** `NAME:TAG` → digest of all repositories directly below `prefix`, from the files of docker-registry's storage. */
export function registryTags(storage: string, prefix: string): ReadonlyMap<string, Digest> {
  const root = path.join(storage, "docker/registry/v2/repositories", prefix);
  const found = new Map<string, Digest>();
  for (const name of list(root)) {
    const tags = path.join(root, name, "_manifests/tags");
    for (const tag of list(tags)) {
      const link = path.join(tags, tag, "current/link");
      if (fs.existsSync(link)) found.set(`${name}:${tag}`, fs.readFileSync(link, "utf8") as Digest);
    }
  }
  return found;
}

const list = (directory: string): readonly string[] =>
  fs.existsSync(directory) ? fs.readdirSync(directory).sort() : [];
