import { createHash } from "node:crypto";

/** `sha256:` and 64 lower-case hexadecimal digits (OCI image-spec, descriptor.md#digests). */
export type Digest = `sha256:${string}`;

const grammar = /^sha256:[a-f0-9]{64}$/;

export const isDigest = (text: string): text is Digest => grammar.test(text);
export const digestOf = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
/** The 64 digits without the algorithm. */
export const hexOf = (digest: Digest): string => digest.slice(7);
/** The 12 digits that people see. */
export const shortId = (digest: Digest): string => digest.slice(7, 19);
