import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * URLs of modules that belong to one load: `file:///app/web.image.ts?tsdock=3`. The mark gives every load fresh modules
 * (watching, tests), and tells the user's modules from those of tsdock itself and of node_modules, which have none.
 */
const mark = "?tsdock=";

/** Requests of the loader to its own hooks travel as imports of this scheme, so that they keep their order. */
export const requestScheme = "tsdock-load:";

export const markedUrl = (file: string, load: string): string => `${pathToFileURL(file).href}${mark}${load}`;

/** The load that a URL belongs to. */
export function loadOf(url: string | undefined): string | undefined {
  const at = url?.lastIndexOf(mark) ?? -1;
  return at < 0 ? undefined : url?.slice(at + mark.length);
}

/** The absolute path of a `file:` URL, marked or not; undefined for other schemes. */
export function fileOf(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const at = url.lastIndexOf(mark);
  return fileURLToPath(at < 0 ? url : url.slice(0, at));
}
