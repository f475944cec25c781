import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { TsdockError } from "tsdock/plugin";
import { unxzWith, xzProgram } from "./xz-program.ts";

const inflate = promisify(gunzip);

const source = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });

/** What is shorter is unpacked before a process has started. */
const worthAProcess = 128 * 1024;

/** Unpacks xz: by the program of this machine where it has one and it is worth it, else by ourselves. */
export async function unxz(bytes: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  const program = bytes.length < worthAProcess ? undefined : xzProgram();
  return program === undefined ? await unxzHere(bytes, signal) : await unxzWith(program, bytes, signal);
}

/** In pieces of 64 KiB, between which the event loop goes on. */
export async function unxzHere(bytes: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  const { default: xz } = await import("xz-decompress");
  const chunks: Uint8Array[] = [];
  const reader = new xz.XzReadableStream(source(bytes)).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    signal.throwIfAborted();
    chunks.push(piece.value);
  }
  return Buffer.concat(chunks);
}

/** What is pushed into the zstd decoder at a time: the event loop goes on in between. */
const zstdPiece = 256 * 1024;

async function unzstd(bytes: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  const { Decompress } = await import("fzstd");
  const chunks: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => chunks.push(chunk));
  for (let at = 0; at < bytes.length; at += zstdPiece) {
    signal.throwIfAborted();
    decoder.push(bytes.subarray(at, at + zstdPiece), at + zstdPiece >= bytes.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return Buffer.concat(chunks);
}

/** Unpacks a member of a package by the end of its name: `.gz`, `.xz`, `.zst` or plain. Error `DEBIAN_PACKAGE_INVALID`. */
export async function decompress(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  try {
    if (name.endsWith(".tar")) return bytes;
    if (name.endsWith(".xz")) return await unxz(bytes, signal);
    if (name.endsWith(".gz")) return await inflate(bytes);
    if (name.endsWith(".zst")) return await unzstd(bytes, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new TsdockError("DEBIAN_PACKAGE_INVALID", `${name} cannot be unpacked`, { cause });
  }
  throw new TsdockError("DEBIAN_PACKAGE_INVALID", `${name} has a compression that is not known`, {
    hint: "gzip, xz and zstd are",
  });
}
