export { humanSize } from "../oci/image/human.ts";

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes in powers of 1024, as docker prints memory (go-units' `BytesSize`): `1.5MiB`. */
export function binarySize(bytes: number): string {
  const unit = Math.min(bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${Number((bytes / 1024 ** unit).toPrecision(4))}${units[unit] ?? ""}`;
}
