import { type Json, type Source, source } from "tsdock/plugin";
import { type DebianOptions, normalizeOptions } from "./options.ts";
import { debianPlugin } from "./plugin.ts";

/**
 * A file tree made from Debian packages, for `.from()` and `copy({ from })`: signed indices, versions and checksums in
 * `tsdock.lock`, no dpkg needed.
 *
 * @example
 * image().from(debian({ packages: ["apt"], configure: true })).run("apt-get update && apt-get install -y nginx")
 *
 * @throws TsdockError `DEBIAN_OPTIONS`
 */
export const debian = (options: DebianOptions): Source =>
  source(debianPlugin, normalizeOptions(options) as unknown as Json);
