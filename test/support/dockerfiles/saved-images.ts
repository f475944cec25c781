import { createHash } from "node:crypto";
import fs from "node:fs";
import { gunzipSync } from "node:zlib";
import { list, type ReadEntry } from "tar";

/** An image of an archive that `docker save` or tsdock wrote: its files, one line each by path, and its configuration. */
export interface SavedImage {
  readonly files: ReadonlyMap<string, string>;
  readonly config: Readonly<Record<string, unknown>>;
}

interface Manifest {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

/** All images of an archive by their first name, without the tag. */
export async function readSavedImages(file: string): Promise<ReadonlyMap<string, SavedImage>> {
  const members = await membersOf(fs.readFileSync(file));
  const bytes = (name: string): Buffer => {
    const member = members.get(name);
    if (member?.type === "SymbolicLink")
      return bytes(new URL(member.link, `file:///${name}`).pathname.slice(1));
    if (member === undefined) throw new Error(`no ${name} in ${file}`);
    return member.content;
  };
  const manifests = JSON.parse(bytes("manifest.json").toString()) as readonly Manifest[];
  const images = new Map<string, SavedImage>();
  for (const { Config, RepoTags, Layers } of manifests) {
    const files = new Map<string, string>();
    for (const layer of Layers) apply(await membersOf(bytes(layer)), files);
    const { config } = JSON.parse(bytes(Config).toString()) as { config: Record<string, unknown> };
    for (const tag of RepoTags ?? []) images.set(tag.replace(/:[^:/]*$/, ""), { files, config });
  }
  return images;
}

interface Member {
  readonly type: string;
  readonly mode: number;
  readonly owner: string;
  readonly link: string;
  readonly content: Buffer;
}

async function membersOf(archive: Buffer): Promise<Map<string, Member>> {
  const bytes = archive.subarray(0, 2).toString("hex") === "1f8b" ? gunzipSync(archive) : archive;
  const members = new Map<string, Member>();
  const waiting: Promise<void>[] = [];
  const onReadEntry = (entry: ReadEntry): void => {
    const name = entry.path.replace(/^\.?\/+|\/+$/g, "").replace(/^\.$/, "");
    waiting.push(
      entry.concat().then((content) => {
        members.set(name, {
          type: entry.type,
          mode: entry.mode ?? 0,
          owner: `${entry.uid ?? 0}:${entry.gid ?? 0}`,
          link: entry.linkpath ?? "",
          content: Buffer.from(content),
        });
      }),
    );
  };
  await new Promise<void>((resolve, reject) => {
    const parser = list({ onReadEntry, maxReadSize: 1 << 24 } as never) as unknown as NodeJS.WritableStream;
    parser.on("end", resolve);
    parser.on("error", reject);
    parser.end(bytes);
  });
  await Promise.all(waiting);
  return new Map([...members].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Lays a layer on the files: whiteouts remove, a file takes the place of a directory. */
function apply(layer: ReadonlyMap<string, Member>, files: Map<string, string>): void {
  const below = (directory: string): readonly string[] =>
    [...files.keys()].filter((path) => directory === "" || path.startsWith(`${directory}/`));
  for (const name of layer.keys()) {
    const [directory, base] = [
      name.includes("/") ? name.replace(/\/[^/]*$/, "") : "",
      name.replace(/^.*\//, ""),
    ];
    if (base === ".wh..wh..opq") for (const path of below(directory)) files.delete(path);
    else if (base.startsWith(".wh.")) {
      const gone = name.replace(/\.wh\.([^/]*)$/, "$1");
      for (const path of [gone, ...below(gone)]) files.delete(path);
    }
  }
  for (const [name, member] of layer) {
    if (name === "" || /(?:^|\/)\.wh\./.test(name)) continue;
    if (member.type !== "Directory") for (const path of below(name)) files.delete(path);
    files.set(name, describe(name, member, layer));
  }
}

const kinds: Readonly<Record<string, string>> = {
  Directory: "directory",
  File: "file",
  OldFile: "file",
  Link: "file",
  SymbolicLink: "symlink",
};
const longestShown = 80;

function describe(name: string, member: Member, layer: ReadonlyMap<string, Member>): string {
  const type = kinds[member.type] ?? member.type;
  const target = member.type === "Link" ? layer.get(member.link.replace(/^\.?\/+/, "")) : member;
  const { mode, owner, content } = target ?? member;
  const line = `${type} ${(mode & 0o7777).toString(8)} ${owner} ${name}`;
  if (type === "symlink") return `symlink ${owner} ${name} -> ${member.link}`;
  if (type !== "file") return line;
  const shown =
    content.length <= longestShown ? content.toString() : createHash("sha256").update(content).digest("hex");
  return `${line} ${content.length}:${shown}`;
}
