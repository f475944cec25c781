import { packLayer } from "../../core/oci/layer/pack-layer.ts";
import type { LayerEntry } from "../../core/oci/layer/entry.ts";

function tar(entries: readonly LayerEntry[]): Buffer {
  const chunks: Buffer[] = [];
  packLayer(entries, (chunk) => chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

function arMember(name: string, content: Uint8Array): Buffer {
  const header = `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(content.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), content, Buffer.alloc(content.length % 2, 10)]);
}

export const fileEntry = (path: string, text: string, mode = 0o644): LayerEntry => {
  const content = Buffer.from(text);
  return { type: "file", path, mode, uid: 0, gid: 0, mtime: 1000, size: content.length, content };
};
export const directoryEntry = (path: string, mode = 0o755): LayerEntry => ({
  type: "directory",
  path,
  mode,
  uid: 0,
  gid: 0,
  mtime: 1000,
});
export const linkEntry = (path: string, target: string): LayerEntry => ({
  type: "symlink",
  path,
  target,
  mode: 0o777,
  uid: 0,
  gid: 0,
  mtime: 1000,
});

export interface PackageParts {
  /** Fields of `control` besides Package, Version, Architecture, Maintainer and Description. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Other files of the control archive. */
  readonly control?: Readonly<Record<string, string>>;
  readonly version?: string;
  readonly architecture?: string;
}

/** The text of a package's control file. */
export const controlText = (
  name: string,
  { fields = {}, version = "1", architecture = "amd64" }: PackageParts = {},
): string =>
  Object.entries({
    Package: name,
    Version: version,
    Architecture: architecture,
    Maintainer: "T <t@registry.example>",
    ...fields,
    Description: `the ${name} of a test`,
  })
    .map(([field, value]) => `${field}: ${value}\n`)
    .join("");

/** A .deb with uncompressed members. */
export function makePackage(name: string, entries: readonly LayerEntry[], parts: PackageParts = {}): Buffer {
  const control = { ...parts.control, control: controlText(name, parts) };
  return Buffer.concat([
    Buffer.from("!<arch>\n"),
    arMember("debian-binary", Buffer.from("2.0\n")),
    arMember("control.tar", tar(Object.entries(control).map(([path, text]) => fileEntry(path, text)))),
    arMember("data.tar", tar(entries)),
  ]);
}
