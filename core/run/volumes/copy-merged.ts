import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { isOpaque, isWhiteout } from "../../build/native/lower-tree.ts";
import { nativePath, showPath } from "../../oci/layer/byte-path.ts";
import type { ByteString } from "../../oci/layer/entry.ts";
import { isOverlayXattr, readXattrs, setXattr } from "../../oci/layer/xattrs.ts";

/** A name in a directory that several layers have: what it is, topmost first. */
interface Merged {
  readonly stats: fs.Stats;
  readonly paths: ByteString[];
}

/** Copies a directory as overlayfs shows it. `layers`: where it is in each snapshot that shows through, topmost first. */
export function copyMerged(layers: readonly ByteString[], target: ByteString): void {
  const [top] = layers;
  if (top === undefined) return;
  fs.mkdirSync(nativePath(target));
  for (const [name, { stats, paths }] of mergedNames(layers)) {
    const to = `${target}/${name}`;
    if (stats.isDirectory()) copyMerged(paths, to);
    else copyOne(paths[0] ?? "", to, stats);
  }
  copyMetadata(top, target, fs.lstatSync(nativePath(top)));
}

function mergedNames(layers: readonly ByteString[]): ReadonlyMap<string, Merged> {
  const names = new Map<string, Merged>();
  /** Names of which nothing below shows any more. */
  const closed = new Set<string>();
  for (const layer of layers) {
    for (const name of fs.readdirSync(nativePath(layer), { encoding: "latin1" })) {
      if (closed.has(name)) continue;
      const path = `${layer}/${name}`;
      const stats = fs.lstatSync(nativePath(path));
      const known = names.get(name);
      if (!stats.isDirectory() || isOpaque(path)) closed.add(name);
      if (isWhiteout(stats) || (known !== undefined && !stats.isDirectory())) continue;
      if (known === undefined) names.set(name, { stats, paths: [path] });
      else known.paths.push(path);
    }
  }
  return names;
}

function copyOne(from: ByteString, to: ByteString, stats: fs.Stats): void {
  if (stats.isSymbolicLink()) {
    fs.symlinkSync(fs.readlinkSync(nativePath(from), { encoding: "buffer" }), nativePath(to));
    copyMetadata(from, to, stats);
  } else if (stats.isFile()) {
    fs.copyFileSync(nativePath(from), nativePath(to), fs.constants.COPYFILE_FICLONE);
    copyMetadata(from, to, stats);
  } else if (!stats.isSocket()) {
    copySpecial(from, to);
  }
}

/** FIFOs and devices are what cp(1) is for. */
function copySpecial(from: ByteString, to: ByteString): void {
  const { status, stderr } = spawnSync("cp", ["-a", "--", pathText(from), pathText(to)], {
    encoding: "utf8",
  });
  if (status === 0) return;
  throw new TsdockError("VOLUME_INVALID", `${showPath(from)} cannot be put into a volume: ${stderr.trim()}`, {
    hint: "mount a volume elsewhere, or over a directory without device nodes",
  });
}

const pathText = (path: ByteString): string => nativePath(path).toString();

/** The owner first: changing it takes set-id bits away. */
function copyMetadata(from: ByteString, to: ByteString, stats: fs.Stats): void {
  const target = nativePath(to);
  fs.lchownSync(target, stats.uid, stats.gid);
  if (!stats.isSymbolicLink()) fs.chmodSync(target, stats.mode & 0o7777);
  for (const [name, value] of readXattrs(from) ?? []) if (!isOverlayXattr(name)) setXattr(to, name, value);
  fs.lutimesSync(target, stats.atime, stats.mtime);
}
