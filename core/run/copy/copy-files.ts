import { TsdockError } from "../../errors/tsdock-error.ts";
import { baseName, type ByteString, toByteString } from "../../oci/layer/entry.ts";
import { blockSize, paddedSize } from "../../oci/layer/tar-header.ts";
import { ArchiveSink } from "./archive-sink.ts";
import type { CopiedEntry, CopySink } from "./copied-entry.ts";
import { type Located, locate, type Tree } from "./locate.ts";
import { readArchive } from "./read-archive.ts";
import { TreeReader } from "./read-tree.ts";
import { TreeWriter } from "./tree-writer.ts";

/** One end of a copy. Nothing but a directory is meant by a path that ends in `/` or `/.`. */
export interface CopyEnd {
  readonly tree: Tree;
  readonly path: string;
  /** For messages: the container's name; undefined for this machine. */
  readonly container?: string;
}

export interface CopyFilesOptions {
  readonly from: CopyEnd | "stream";
  readonly to: CopyEnd | "stream";
  readonly followLink: boolean;
  readonly keepOwners: boolean;
  /** A name for a file that is removed at once, where the copy comes as a stream. */
  readonly temporary: string;
}

interface Target {
  readonly base: number;
  /** The name of the copy in it; `""` where the contents go into the base itself. */
  readonly name: ByteString;
}

/**
 * Copies as `docker cp` does: into a directory that is there, else as the name that is given; of `SOURCE/.` the contents.
 * Gives how many bytes a tar of it has. Errors `COPY_SOURCE_MISSING`, `COPY_FAILED`.
 */
export async function copyFiles(options: CopyFilesOptions): Promise<number> {
  const { from, to } = options;
  if (from === "stream") return await copyStream(options);
  const found = sourceOf(from, options.followLink);
  if (to === "stream") return transfer(read(from.tree, found, nameOf(from, found)), new ArchiveSink(1));
  const target = targetOf(to, found.type === "directory", nameOf(from, found));
  const writer = new TreeWriter({ base: target.base, keepOwners: options.keepOwners });
  return transfer(read(from.tree, found, target.name, writer.made), writer);
}

async function copyStream({ to, keepOwners, temporary }: CopyFilesOptions): Promise<number> {
  if (to === "stream") throw new Error("a stream is copied to a container");
  const found = locate(to.tree, toByteString(to.path), { followLast: true });
  if (found.type !== "directory")
    throw failed(`destination ${shown(to)} must be a directory`, "name a directory that is there");
  const writer = new TreeWriter({ base: found.directory, keepOwners });
  return transfer(await readArchive(temporary), writer);
}

type Source = Exclude<Located, { type: "absent" | "nowhere" }>;

const meansDirectory = (path: string): boolean => /(?:^|\/)\.?$/.test(path);

function sourceOf(from: CopyEnd, followLink: boolean): Source {
  const followLast = followLink || meansDirectory(from.path);
  const found = locate(from.tree, toByteString(from.path), { followLast });
  if (found.type === "absent" || found.type === "nowhere") throw missing(from);
  if (found.type === "file" && meansDirectory(from.path)) throw failed(`${shown(from)} is not a directory`);
  return found;
}

/** `""` where the contents are meant. */
function nameOf({ path }: CopyEnd, found: Source): ByteString {
  if (/(?:^|\/)\.$/.test(path)) return "";
  const last = baseName(toByteString(path.replace(/\/+$/, "")));
  return last === "" || last === ".." ? found.name : last;
}

function targetOf(to: CopyEnd, isDirectory: boolean, name: ByteString): Target {
  const found = locate(to.tree, toByteString(to.path), { followLast: true });
  if (found.type === "directory") return { base: found.directory, name };
  if (found.type === "nowhere") throw missing(to);
  if (found.type === "file" && isDirectory) throw failed(`cannot copy a directory to the file ${shown(to)}`);
  if (meansDirectory(to.path) && (found.type === "file" || !isDirectory))
    throw failed(`${shown(to)} is ${found.type === "file" ? "not a directory" : "no directory that exists"}`);
  return { base: found.parent, name: found.name };
}

function read(
  { closed }: Tree,
  found: Source,
  path: ByteString,
  made: ReadonlySet<string> = new Set(),
): Iterable<CopiedEntry> {
  // A copy may lie within what is copied, where a container sees a directory of this machine.
  const reader = new TreeReader({ closed: { has: (key) => closed.has(key) || made.has(key) } });
  return found.type === "directory"
    ? reader.directory(found.directory, path)
    : reader.file(found.parent, found.name, path);
}

function transfer(entries: Iterable<CopiedEntry>, sink: CopySink): number {
  let bytes = 2 * blockSize;
  for (const entry of entries) {
    sink.put(entry);
    bytes += blockSize + (entry.type === "file" ? paddedSize(entry.size) : 0);
  }
  sink.end();
  return bytes;
}

const shown = ({ container, path }: CopyEnd): string =>
  container === undefined ? path : `${container}:${path}`;

function missing(end: CopyEnd): TsdockError {
  const { container, path } = end;
  const message =
    container === undefined
      ? `${path}: no such file or directory`
      : `could not find the file ${path} in container ${container}`;
  return new TsdockError("COPY_SOURCE_MISSING", message, {
    hint: "check the path; directories on the way to a destination must be there",
  });
}

const failed = (message: string, hint = "name another place, or make the directory first"): TsdockError =>
  new TsdockError("COPY_FAILED", message, { hint });
