import type { Image } from "tsdock";
import { type PackageOptions, type ScriptOptions, specsOf } from "./options.ts";
import { buildStage } from "./sandbox/stages.ts";

export interface NodeBuildOptions extends PackageOptions, ScriptOptions {
  /** Where the project is put: `/app` unless given. */
  readonly to?: string;
  /** A file or directory of the package that has to be there afterwards. */
  readonly entry?: string;
}

/**
 * A package of a workspace with what its build script made, in `/app` as it is in the workspace: to copy from.
 * Development dependencies are there while it is built. The script runs on the image's own platform, without network
 * unless it is given.
 *
 * @example
 * image().from(nginx).copy("/app/packages/web/dist", "/usr/share/nginx/html", { from: nodeBuild({ package: "./packages/web" }) })
 *
 * @throws TsdockError `NODE_OPTIONS`
 */
export const nodeBuild = (options: NodeBuildOptions): Image =>
  buildStage(specsOf({ ...options, entry: options.entry ?? "package.json" }), options, {
    script: options,
    expected: options.entry,
  }).after;
