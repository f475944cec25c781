/** `tsdock/plugins/node`: images of packages of a workspace of npm, pnpm or yarn. */
export { copyModule, type CopyModuleOptions } from "./copy-module/copy-module.ts";
export { nodeApp } from "./node-app.ts";
export type { Framework } from "./frameworks/framework.ts";
export { nodeBuild, type NodeBuildOptions } from "./node-build.ts";
export { nodeSite, type NodeSiteOptions } from "./node-site.ts";
export type { InstallScripts, NodeAppOptions, PackageOptions, ScriptOptions } from "./options.ts";
export { nodePlugin } from "./plugin.ts";
