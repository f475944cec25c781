import { TsdockError } from "../../errors/tsdock-error.ts";
import { fromByteString, toByteString } from "../layer/entry.ts";
import { writeEntryHeader } from "../layer/entry-header.ts";
import { parsePaxRecords, maxExtendedHeader } from "../layer/pax.ts";
import { blockSize, decodeHeader, isZeroBlock, paddedSize, type TarHeader } from "../layer/tar-header.ts";

/** A member of an archive of images to be written: time 0, owner 0:0, mode 644 (directories 755). */
export type ArchiveMember =
  | { readonly path: string; readonly type: "directory" }
  | {
      readonly path: string;
      readonly type: "file";
      readonly size: number;
      readonly open: () => AsyncIterable<Uint8Array>;
    };

/** The bytes of a tar, the same for the same members. Error `ARCHIVE_INVALID` where content is not as long as announced. */
export async function* writeTar(members: Iterable<ArchiveMember>): AsyncGenerator<Uint8Array> {
  for (const member of members) {
    yield* headerBytes(member);
    if (member.type === "directory") continue;
    let size = 0;
    for await (const chunk of member.open()) {
      size += chunk.byteLength;
      yield chunk;
    }
    if (size !== member.size)
      throw damaged(`${member.path} has ${size} bytes where ${member.size} were announced`);
    yield Buffer.alloc(paddedSize(size) - size);
  }
  yield Buffer.alloc(2 * blockSize);
}

function headerBytes(member: ArchiveMember): readonly Uint8Array[] {
  const blocks: Buffer[] = [];
  const common = { path: toByteString(member.path), uid: 0, gid: 0, mtime: 0 };
  const entry =
    member.type === "directory"
      ? ({ ...common, type: "directory", mode: 0o755 } as const)
      : ({ ...common, type: "file", mode: 0o644, size: member.size, content: new Uint8Array(0) } as const);
  writeEntryHeader(entry, (bytes) => {
    const block = Buffer.alloc(bytes);
    blocks.push(block);
    return { block, at: 0 };
  });
  return blocks;
}

/** A member met while an archive is read. Its `content` may be read until the next member is asked for. */
export interface StreamedMember {
  /** Without a leading `./` or `/` and without a trailing `/`. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink" | "hardlink" | "other";
  readonly size: number;
  /** As written. */
  readonly linkTarget: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The members of a tar as it arrives, however long it is, with pax and GNU names. Errors `ARCHIVE_INVALID`, also for
 * an archive that ends early.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedMember> {
  await using reader = new ByteReader(source);
  let extension: Extension = {};
  for (;;) {
    const offset = reader.offset;
    const block = await reader.exactly(blockSize);
    if (isZeroBlock(block, 0)) return;
    const header = decode(block, offset);
    if ("xgLK".includes(header.type)) {
      if (header.size > maxExtendedHeader) throw damaged(`an extended header at byte ${offset} is too large`);
      const data = await reader.exactly(paddedSize(header.size));
      if (header.type !== "g") extension = extend(extension, header, data.subarray(0, header.size), offset);
      continue;
    }
    const size = extension.size ?? header.size;
    const end = reader.offset + paddedSize(size);
    yield {
      path: tidy(extension.path ?? fromByteString(header.name)),
      type: typeOf(header.type),
      size,
      linkTarget: extension.linkTarget ?? fromByteString(header.linkName),
      content: reader.limited(size),
    };
    await reader.skipTo(end);
    extension = {};
  }
}

interface Extension {
  readonly path?: string;
  readonly linkTarget?: string;
  readonly size?: number;
}

function extend(extension: Extension, header: TarHeader, data: Buffer, offset: number): Extension {
  const text = data.toString("utf8").replace(/\0.*$/s, "");
  if (header.type === "L") return { ...extension, path: text };
  if (header.type === "K") return { ...extension, linkTarget: text };
  const records = new Map(guarded(() => parsePaxRecords(data, offset)));
  const [path, linkTarget, size] = ["path", "linkpath", "size"].map((key) => records.get(key));
  return {
    ...extension,
    ...(path === undefined ? {} : { path: fromByteString(path) }),
    ...(linkTarget === undefined ? {} : { linkTarget: fromByteString(linkTarget) }),
    ...(size === undefined ? {} : { size: sizeOf(size, offset) }),
  };
}

function sizeOf(text: string, offset: number): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw damaged(`an extended header at byte ${offset} has a size that is no number`);
}

function typeOf(flag: string): StreamedMember["type"] {
  if (flag === "0" || flag === "7") return "file";
  if (flag === "5") return "directory";
  if (flag === "2") return "symlink";
  return flag === "1" ? "hardlink" : "other";
}

const tidy = (path: string): string => path.replace(/^(?:\.?\/+)+/, "").replace(/\/+$/, "");

const decode = (block: Buffer, offset: number): TarHeader => guarded(() => decodeHeader(block, 0, offset));

/** The reader of layers speaks of layers. */
function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw damaged((error as Error).message, error);
  }
}

const damaged = (reason: string, cause?: unknown): TsdockError =>
  new TsdockError("ARCHIVE_INVALID", `the archive cannot be read: ${reason}`, {
    hint: "it is damaged, cut, or no archive of images: save or download it again",
    cause,
  });

/** Takes pieces of given lengths from a stream of chunks. */
class ByteReader implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #current: Uint8Array = new Uint8Array(0);
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  async exactly(length: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.limited(length)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The next `length` bytes, once. */
  async *limited(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = await this.#take(left);
      left -= piece.byteLength;
      yield piece;
    }
  }

  async skipTo(offset: number): Promise<void> {
    while (this.offset < offset) await this.#take(offset - this.offset);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }

  async #take(most: number): Promise<Uint8Array> {
    while (this.#current.byteLength === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) throw damaged(`it ends early, at byte ${this.offset}`);
      this.#current = next.value;
    }
    const piece = this.#current.subarray(0, most);
    this.#current = this.#current.subarray(piece.byteLength);
    this.offset += piece.byteLength;
    return piece;
  }
}
