import type { Image } from "tsdock";
import { type PackageOptions, type ScriptOptions, specsOf } from "./options.ts";
import { appDirectory, buildStage } from "./sandbox/stages.ts";

export interface NodeSiteOptions extends PackageOptions, ScriptOptions {
  /** Where the image's own server looks for files: `/usr/share/nginx/html`. */
  readonly to: string;
  /** The directory that the script writes, relative to the package: `dist`, as Vite has it, unless given. */
  readonly output?: string;
}

/**
 * The files of a site that a package's own script builds (Vite, Astro, `next export`), put where the image's server looks
 * for them. Nothing of Node is in the image. For `image.with(…)`.
 *
 * @example
 * export const web = image().from("nginx:1.29").with(nodeSite({ package: "./packages/web", to: "/usr/share/nginx/html" }));
 *
 * @throws TsdockError `NODE_OPTIONS`
 */
export function nodeSite(options: NodeSiteOptions): (image: Image) => Image {
  const { package: name, to, output = "dist" } = options;
  const { to: _to, ...rest } = options;
  const specs = specsOf({ ...rest, entry: output });
  const expected = specs.app.entry;
  const { after } = buildStage(specs, options, { script: options, expected, written: [expected] });
  return (image) => image.copy(`${appDirectory(specs.modules.to, name)}/${expected}`, to, { from: after });
}
