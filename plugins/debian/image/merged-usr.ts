import type { ByteString, LayerEntry } from "tsdock/plugin";

/** The directories of the root that are links into /usr. */
const aliased = new Set(["bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32"]);

/** Links that are always there, as debootstrap makes them; others where a package has files in them. */
const alwaysThere = ["bin", "lib", "sbin"];
const withLib64 = new Set(["amd64", "ppc64el", "loong64", "mips64el"]);

/** The place of a path in an image whose /bin, /lib, /sbin … are links into /usr. */
export function mergedPath(path: ByteString): ByteString {
  const slash = path.indexOf("/");
  return aliased.has(slash === -1 ? path : path.slice(0, slash)) ? `usr/${path}` : path;
}

/** The entry at its place; undefined for the links themselves, which packages of newer suites have. */
export function mergeEntry(entry: LayerEntry): LayerEntry | undefined {
  if (entry.type === "symlink" && aliased.has(entry.path)) return undefined;
  const path = mergedPath(entry.path);
  if (entry.type === "hardlink") return { ...entry, path, target: mergedPath(entry.target) };
  return path === entry.path ? entry : { ...entry, path };
}

/** The names of links to make in the root, given the places of all files. */
export function mergedLinks(paths: Iterable<ByteString>, architecture: string): string[] {
  const links = new Set([...alwaysThere, ...(withLib64.has(architecture) ? ["lib64"] : [])]);
  for (const path of paths) {
    const [first, second] = path.split("/", 2);
    if (first === "usr" && second !== undefined && aliased.has(second)) links.add(second);
  }
  return [...links].sort();
}
