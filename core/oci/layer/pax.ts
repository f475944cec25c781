import type { ByteString } from "./entry.ts";
import { invalidTar } from "./tar-header.ts";

/** Most readers refuse larger extended headers (Go's archive/tar among them). */
export const maxExtendedHeader = 1024 * 1024;

/** Keys that hold extended attributes, as GNU tar, star, Go and docker write them. */
export const xattrKeyPrefix = "SCHILY.xattr.";

/** One record, `LENGTH KEY=VALUE\n`, in which the length counts itself (POSIX pax, "pax Extended Header"). */
export function paxRecord(key: ByteString, value: ByteString): ByteString {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/**
 * Reads records in their order; one key may come several times. Values are bytes.
 * Error `LAYER_INVALID` for a record that does not end where it says.
 */
export function parsePaxRecords(
  data: Buffer,
  offset: number,
): (readonly [key: ByteString, value: ByteString])[] {
  const records: [ByteString, ByteString][] = [];
  let at = 0;
  while (at < data.length && data[at] !== 0) {
    const space = data.indexOf(0x20, at);
    const digits = space === -1 ? "" : data.toString("latin1", at, Math.min(space, at + 9));
    const end = at + Number(digits);
    const equals = data.indexOf(0x3d, space);
    if (
      !/^[0-9]{1,8}$/.test(digits) ||
      end > data.length ||
      data[end - 1] !== 0x0a ||
      equals <= space ||
      equals >= end - 1
    ) {
      throw invalidTar("an extended header has a malformed record", offset + at);
    }
    records.push([data.toString("latin1", space + 1, equals), data.toString("latin1", equals + 1, end - 1)]);
    at = end;
  }
  return records;
}
