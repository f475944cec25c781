import type { Compression } from "../spec/media-types.ts";

/** What the first bytes say: RFC 1952 (gzip), RFC 8878 (zstd). */
export function compressionByMagic(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  return head.byteLength >= 4 && Buffer.from(head.subarray(0, 4)).readUInt32LE() === 0xfd2fb528
    ? "zstd"
    : "none";
}
