import fc from "fast-check";
import type { LayerEntry } from "../../../core/oci/layer/entry.ts";

const name = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 12 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x2f ? 0x30 : byte))).toString("latin1"))
  .filter((text) => text !== "." && text !== ".." && !text.startsWith(".wh."));
const longName = fc.integer({ min: 90, max: 200 }).map((length) => "n".repeat(length));
const anyName = fc.oneof({ weight: 5, arbitrary: fc.constantFrom("a", "b", "c.d", "é", "usr") }, name, {
  weight: 1,
  arbitrary: longName,
});

const metadata = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.constant(0xfffffffe)),
  gid: fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.constant(3_000_000)),
  mtime: fc.integer({ min: 0, max: 2_000_000_000 }),
});

const bytes = fc.uint8Array({ maxLength: 1500 });
const xattrs = fc.option(
  fc.dictionary(
    fc.constantFrom("user.a", "user.b c", "user.é"),
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    { minKeys: 1 },
  ),
  { nil: undefined },
);
const target = fc.array(anyName, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));

type Leaf = (path: string) => LayerEntry;

const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.tuple(metadata, bytes, xattrs).map(
    ([meta, content, attributes]): Leaf =>
      (path) => ({
        ...meta,
        path,
        type: "file",
        size: content.length,
        content,
        ...(attributes === undefined ? {} : { xattrs: new Map(Object.entries(attributes)) }),
      }),
  ),
  fc.tuple(metadata, target).map(
    ([meta, to]): Leaf =>
      (path) => ({ ...meta, mode: 0o777, path, type: "symlink", target: to }),
  ),
  metadata.map(
    (meta): Leaf =>
      (path) => ({ ...meta, path, type: "fifo" }),
  ),
);

type Shape =
  | { readonly leaf: Leaf }
  | { readonly meta: LayerEntry["mode"]; readonly children: readonly (readonly [string, Shape])[] };

const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf.map((made): Shape => ({ leaf: made })),
    fc
      .tuple(
        fc.constantFrom(0o755, 0o700, 0o1777, 0o500),
        fc.uniqueArray(fc.tuple(anyName, tie("shape")), { maxLength: 4, selector: ([key]) => key }),
      )
      .map(([meta, children]): Shape => ({ meta, children })),
  ),
}));

function flatten(path: string, node: Shape): LayerEntry[] {
  if ("leaf" in node) return [node.leaf(path)];
  const directory: LayerEntry = { path, type: "directory", mode: node.meta, uid: 0, gid: 7, mtime: 12 };
  return [directory, ...node.children.flatMap(([key, child]) => flatten(`${path}/${key}`, child))];
}

function withLink(entries: LayerEntry[], linked: boolean): LayerEntry[] {
  const file = linked ? entries.find((entry) => entry.type === "file") : undefined;
  if (file === undefined) return entries;
  const { mode, uid, gid, mtime } = file;
  return [...entries, { path: "zz-link", type: "hardlink", target: file.path, mode, uid, gid, mtime }];
}

/** Trees of directories, files with attributes, links and fifos, with names of any bytes. */
export const arbitraryEntries: fc.Arbitrary<LayerEntry[]> = fc
  .tuple(fc.uniqueArray(fc.tuple(anyName, shape), { maxLength: 5, selector: ([key]) => key }), fc.boolean())
  .map(([children, linked]) =>
    withLink(
      children.flatMap(([key, child]) => flatten(key, child)),
      linked,
    ),
  );
