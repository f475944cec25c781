/** `tsdock/plugins/node`: images of packages of a workspace of npm, pnpm or yarn. */
export { copyModule, type CopyModuleOptions } from "./copy-module/copy-module.ts";
export { nodeApp } from "./node-app.ts";
export { nodeBuild, type NodeBuildOptions } from "./node-build.ts";
export type { InstallScripts, NodeAppOptions } from "./options.ts";
export { nodePlugin } from "./plugin.ts";
