import fs from "node:fs";
import { nativePath } from "../../oci/layer/byte-path.ts";
import type { ByteString } from "../../oci/layer/entry.ts";
import { isOverlayXattr, setXattr } from "../../oci/layer/xattrs.ts";
import type { LowerTree, Resolved } from "./lower-tree.ts";

/**
 * Adds files that a tree lacks to a directory that will lie above the tree. The parents that the tree has are made again
 * with the same owner, mode, attributes and time, so that they look the same through the new directory.
 */
export class PatchDirectory {
  readonly #root: ByteString;
  readonly #tree: LowerTree;
  readonly #times = new Map<ByteString, fs.Stats>();
  #isEmpty = true;

  /** `root` is an absolute path of this machine; it exists and is empty. */
  constructor(root: string, tree: LowerTree) {
    this.#root = Buffer.from(root, "utf8").toString("latin1");
    this.#tree = tree;
    this.#copyAttributes("");
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Makes what is missing of a path: directories of mode 755 and, for `file`, an empty file of mode 644, all of 0:0. */
  add(resolved: Resolved, type: "directory" | "file"): void {
    if (resolved.file !== undefined) return;
    this.#isEmpty = false;
    const parts = resolved.path.slice(1).split("/");
    for (let length = 1; length <= parts.length; length++) {
      const path = parts.slice(0, length).join("/");
      const place = nativePath(`${this.#root}/${path}`);
      if (length === parts.length && type === "file") {
        if (!fs.existsSync(place)) fs.closeSync(fs.openSync(place, "wx", 0o644));
      } else if (fs.lstatSync(place, { throwIfNoEntry: false }) === undefined) {
        fs.mkdirSync(place);
        fs.chmodSync(place, 0o755);
        if (length <= resolved.present) this.#copyAttributes(path);
      }
    }
  }

  /** Sets the times of the parents, which adding changed. */
  close(): void {
    for (const [path, { atime, mtime }] of this.#times)
      fs.utimesSync(nativePath(this.#place(path)), atime, mtime);
  }

  #place(path: ByteString): ByteString {
    return path === "" ? this.#root : `${this.#root}/${path}`;
  }

  #copyAttributes(path: ByteString): void {
    const [original] = this.#tree.resolve(`/${path}`).file?.paths ?? [];
    if (original === undefined) return;
    const stats = fs.statSync(nativePath(original));
    const place = this.#place(path);
    fs.chownSync(nativePath(place), stats.uid, stats.gid);
    fs.chmodSync(nativePath(place), stats.mode & 0o7777);
    for (const [name, value] of this.#tree.attributesOf(original))
      if (!isOverlayXattr(name)) setXattr(place, name, value);
    this.#times.set(path, stats);
  }
}
