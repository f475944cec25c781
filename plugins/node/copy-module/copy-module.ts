import type { Image } from "tsdock";
import { source } from "tsdock/plugin";
import { moduleSpec } from "../options.ts";
import { nodePlugin } from "../plugin.ts";

export interface CopyModuleOptions {
  /** Compiles TypeScript and JSX, and lets every import name its copy; true unless given. */
  readonly compile?: boolean;
}

/**
 * Copies exactly the files of the workspace that a module reaches: TypeScript, JavaScript, JSON, and files named by
 * `new URL("…", import.meta.url)`. They keep their place in the workspace below `to`. For `.with(…)`.
 *
 * @example
 * image().from(node).with(copyModule("packages/api/src/main.ts", "/app")).cmd(["node", "/app/packages/api/src/main.js"])
 *
 * @throws TsdockError `NODE_OPTIONS`
 */
export function copyModule(
  entry: string,
  to: string,
  options: CopyModuleOptions = {},
): (image: Image) => Image {
  const files = source(nodePlugin, moduleSpec(entry, to, options.compile ?? true));
  return (image) => image.add(files);
}
