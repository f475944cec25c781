import type { ByteString, LayerEntry } from "tsdock/plugin";
import { directory, textFile } from "./directories.ts";
import type { FileTable } from "./file-table.ts";
import { mergedLinks } from "./merged-usr.ts";

const passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
const group = "root:x:0:\nnogroup:x:65534:\n";

/** Users of base-passwd, where that package is in the image: what its script would copy. */
export interface MasterFiles {
  readonly passwd?: Uint8Array;
  readonly group?: Uint8Array;
}

export const masterPaths = {
  passwd: "usr/share/base-passwd/passwd.master",
  group: "usr/share/base-passwd/group.master",
} as const;

/** What an image needs besides the files of its packages: links into /usr, users, /root and /tmp where base-files is absent. */
export function skeletonEntries(
  table: FileTable,
  architecture: string,
  masters: MasterFiles,
): Map<ByteString, LayerEntry> {
  const entries: LayerEntry[] = [];
  for (const name of mergedLinks(table.paths(), architecture)) {
    if (!table.has(`usr/${name}`)) entries.push(directory(`usr/${name}`));
    entries.push({
      type: "symlink",
      path: name,
      target: `usr/${name}`,
      mode: 0o777,
      uid: 0,
      gid: 0,
      mtime: 0,
    });
  }
  if (!table.has("etc/passwd")) entries.push(textFile("etc/passwd", masters.passwd ?? passwd));
  if (!table.has("etc/group")) entries.push(textFile("etc/group", masters.group ?? group));
  if (!table.has("root")) entries.push(directory("root", 0o700));
  if (!table.has("tmp")) entries.push(directory("tmp", 0o1777));
  return new Map(entries.map((entry) => [entry.path, entry]));
}
