import fs from "node:fs";
import path from "node:path";
import type { Digest } from "../../core/oci/spec/digest.ts";

/** `NAME:TAG` → digest of all repositories directly below `prefix`, from the files of docker-registry's storage. */
export function registryTags(storage: string, prefix: string): ReadonlyMap<string, Digest> {
  const root = path.join(storage, "docker/registry/v2/repositories", prefix);
  return new Map(
    list(root).flatMap((name) => {
      const tags = path.join(root, name, "_manifests/tags");
      return list(tags).flatMap((tag) => {
        const link = path.join(tags, tag, "current/link");
        return fs.existsSync(link) ? [[`${name}:${tag}`, fs.readFileSync(link, "utf8")] as const] : [];
      });
    }),
  );
}

const list = (directory: string): readonly string[] =>
  fs.existsSync(directory) ? fs.readdirSync(directory).sort() : [];
