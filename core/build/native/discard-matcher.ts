import { type ByteString, fromByteString } from "../../oci/layer/entry.ts";

/** Whether a path in a layer is one that glob patterns on absolute paths name. */
export async function discardMatcher(patterns: readonly string[]): Promise<(path: ByteString) => boolean> {
  if (patterns.length === 0) return () => false;
  const { default: picomatch } = await import("picomatch");
  const isMatch = picomatch([...patterns], { dot: true });
  return (path) => isMatch(`/${fromByteString(path)}`);
}
