import fs from "node:fs";
import { Readable } from "node:stream";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { ImageView } from "../oci/image/image-view.ts";
import { lookupUser } from "../oci/image/user.ts";
import {
  type ByteString,
  type FileEntry,
  fromByteString,
  type LayerEntry,
  toByteString,
  type TreeEntry,
} from "../oci/layer/entry.ts";
import { indexLayer } from "../oci/layer/index-layer.ts";
import { type FileTree, mergeLayers } from "../oci/layer/tree.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { memoizeAsync } from "../util/memoize-async.ts";
import type { Host } from "./host.ts";
import { createLazyExecutor } from "./lazy-executor.ts";
import { openStore } from "./open-store.ts";
import { createRegistryAccess } from "./registry-access.ts";
import { storedLayers } from "./stored-layers.ts";

export type FileType = "file" | "directory" | "symlink" | "character" | "block" | "fifo";

/** A file as a container of the image sees it. */
export interface ImageFile {
  /** Absolute, without links on the way to it. */
  readonly path: string;
  readonly type: FileType;
  /** The lower twelve bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file's content; 0 for anything else. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Of a symbolic link, as it is written. */
  readonly target?: string;
}

/** A layer that was read once is not read again by this process: what it holds never changes. Paths are those of its tar. */
const indexed = memoizeAsync(async (tar: string): Promise<readonly LayerEntry[]> => indexLayer(tar));
const merged = memoizeAsync(async (tars: string) =>
  mergeLayers(await Promise.all(tars === "" ? [] : tars.split("\n").map((tar) => indexed(tar)))),
);

/** The files of an image in the store, read from its layers: nothing is unpacked, mounted or run. */
export class ImageFiles {
  readonly #view: ImageView;
  readonly #host: Host;
  #tars: Promise<ReadonlyMap<Digest, string>> | undefined;

  constructor(view: ImageView, host: Host) {
    this.#view = view;
    this.#host = host;
  }

  /** Whiteouts applied, hard links resolved. */
  tree(): Promise<FileTree> {
    return this.treeBelow(this.#view.config.rootfs.diff_ids.length);
  }

  /** The same of the layers below one, by its place from the lowest. */
  async treeBelow(index: number): Promise<FileTree> {
    const tars = await this.#layers();
    const below = this.#view.config.rootfs.diff_ids.slice(0, index);
    return merged(below.map((diffId) => tars.get(diffId) ?? "").join("\n"));
  }

  /** What one layer has, whiteouts among it. */
  async layer(diffId: Digest): Promise<readonly LayerEntry[]> {
    return indexed((await this.#layers()).get(diffId) ?? "");
  }

  /** Undefined where nothing is there, or a link leads nowhere. Error `TREE_LINK_LOOP`. */
  async stat(path: string, { followLast }: { readonly followLast: boolean }): Promise<ImageFile | undefined> {
    const entry = await this.#find(path, followLast);
    return entry === undefined ? undefined : describe(entry);
  }

  /** Names in a directory, sorted; undefined where there is none. */
  async list(path: string): Promise<readonly string[] | undefined> {
    const entry = await this.#find(path, true);
    if (entry?.type !== "directory") return undefined;
    return (await this.tree()).list(entry.path).map(fromByteString);
  }

  /** Everything in the image, depth first. */
  async *all(): AsyncGenerator<ImageFile> {
    for (const entry of await this.tree()) yield describe(entry);
  }

  /** The content of a file, links followed. Error `FILE_UNREADABLE` where there is none. */
  async stream(path: string): Promise<Readable> {
    return contentOf(await this.#file(path));
  }

  async read(path: string): Promise<Buffer> {
    const entry = await this.#file(path);
    const chunks: Buffer[] = [];
    for await (const chunk of contentOf(entry)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  /** The ids that `user[:group]` means in this image. Error `USER_UNKNOWN`. */
  async owner(spec: string): Promise<{ readonly uid: number; readonly gid: number }> {
    const [passwd, group] = await Promise.all(["/etc/passwd", "/etc/group"].map((file) => this.#text(file)));
    return lookupUser(spec, passwd, group);
  }

  async #text(path: string): Promise<string | undefined> {
    const entry = await this.#find(path, true);
    return entry?.type === "file" ? (await this.read(path)).toString("utf8") : undefined;
  }

  async #file(path: string): Promise<FileEntry> {
    const entry = await this.#find(path, true);
    if (entry?.type === "file") return entry;
    const what = entry === undefined ? "there is nothing" : `it is a ${entry.type}`;
    throw new TsdockError("FILE_UNREADABLE", `${path} cannot be read from the image: ${what}`, {
      hint: "name a file by its absolute path in the image",
    });
  }

  async #find(path: string, followLast: boolean): Promise<TreeEntry | undefined> {
    const tree = await this.tree();
    return tree.get(tree.resolve(bytesOf(path), { followLast }));
  }

  /** The tar of each layer. One that is only in its registry is fetched. */
  #layers(): Promise<ReadonlyMap<Digest, string>> {
    this.#tars ??= this.#fetch();
    return this.#tars;
  }

  async #fetch(): Promise<ReadonlyMap<Digest, string>> {
    const host = this.#host;
    await using executor = createLazyExecutor({ host, runtime: undefined });
    await using registry = createRegistryAccess(host, {});
    await using store = await openStore(host, executor.get);
    await using _lease = await store.lease();
    const access = storedLayers(this.#view, store, executor, registry, host);
    const diffIds = [...new Set(this.#view.config.rootfs.diff_ids)];
    const files = await Promise.all(diffIds.map(async (id) => [id, await access.tar(id)] as const));
    return new Map(files);
  }
}

/** Error `PATH_INVALID` for one that is not absolute. */
function bytesOf(path: string): ByteString {
  if (path.startsWith("/")) return toByteString(path.slice(1));
  throw new TsdockError("PATH_INVALID", `${JSON.stringify(path)} is not an absolute path in the image`, {
    hint: `write ${JSON.stringify(`/${path}`)}`,
  });
}

function contentOf({ content, size }: FileEntry): Readable {
  if (content instanceof Uint8Array) return Readable.from(size === 0 ? [] : [Buffer.from(content)]);
  if (size === 0) return Readable.from([]);
  const { path, offset = 0 } = content;
  return fs.createReadStream(Buffer.from(path, "latin1"), { start: offset, end: offset + size - 1 });
}

const describe = (entry: TreeEntry): ImageFile => ({
  path: `/${fromByteString(entry.path)}`,
  type: entry.type,
  mode: entry.mode,
  uid: entry.uid,
  gid: entry.gid,
  size: entry.type === "file" ? entry.size : 0,
  mtime: entry.mtime,
  ...(entry.type === "symlink" ? { target: fromByteString(entry.target) } : {}),
});
