const magics = ["1f8b08", "425a68", "fd377a585a00", "28b52ffd"];

/**
 * Whether ADD unpacks a file: it is a tar archive, plain or compressed. What is compressed and no archive is copied by docker; that
 * only its name can tell here.
 */
export function isArchive(head: Uint8Array, name: string): boolean {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const hex = bytes.subarray(0, 6).toString("hex");
  if (magics.some((magic) => hex.startsWith(magic))) return isArchiveName(name);
  return bytes.length >= 262 && bytes.subarray(257, 262).toString("latin1") === "ustar";
}

export const isArchiveName = (name: string): boolean => /\.(?:tar(?:\.\w+)?|t[gbx]z2?|tzst)$/.test(name);
