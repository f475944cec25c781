import { createHash } from "node:crypto";

const checksumBytes = 32;

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** What is kept for later runs: a name of its format and version, the bytes, and a SHA-256 of it all at the end. */
export function seal(format: string, parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.from(`${format}\n`, "latin1"), ...parts]);
  return Buffer.concat([body, sha256(body)]);
}

/** The bytes that were sealed; undefined for anything else: damaged, of another format or version, or nothing at all. */
export function unseal(format: string, sealed: Uint8Array | undefined): Buffer | undefined {
  if (sealed === undefined) return undefined;
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const start = format.length + 1;
  const end = bytes.length - checksumBytes;
  if (end < start || bytes.toString("latin1", 0, start) !== `${format}\n`) return undefined;
  return sha256(bytes.subarray(0, end)).equals(bytes.subarray(end)) ? bytes.subarray(start, end) : undefined;
}
