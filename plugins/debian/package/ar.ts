import { TsdockError } from "tsdock/plugin";

/** The members of an ar archive, as .deb files are (deb(5)), by name, in order. Error `DEBIAN_PACKAGE_INVALID`. */
export function readAr(bytes: Uint8Array, name: string): ReadonlyMap<string, Uint8Array> {
  const text = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString("latin1");
  const invalid = (what: string): TsdockError =>
    new TsdockError("DEBIAN_PACKAGE_INVALID", `${name} is not a package: ${what}`);
  if (text(0, 8) !== "!<arch>\n") throw invalid("it does not begin as one");
  const members = new Map<string, Uint8Array>();
  for (let at = 8; at < bytes.length; ) {
    const size = Number(text(at + 48, at + 58).trim());
    if (text(at + 58, at + 60) !== "`\n" || !Number.isSafeInteger(size) || size < 0)
      throw invalid("a header in it is broken");
    const start = at + 60;
    if (start + size > bytes.length) throw invalid("it ends early");
    members.set(
      text(at, at + 16)
        .trimEnd()
        .replace(/\/$/, ""),
      bytes.subarray(start, start + size),
    );
    at = start + size + (size % 2);
  }
  return members;
}
