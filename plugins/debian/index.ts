/** `tsdock/plugins/debian`: images from Debian packages. */
export { debian } from "./debian.ts";
export type { DebianOptions, Mirror } from "./options.ts";
export { debianPlugin } from "./plugin.ts";
