import type { NodeAppOptions, ScriptOptions } from "../options.ts";

/** `build` in full: `true` and text name the script only. */
export function scriptOf({ build }: Pick<NodeAppOptions, "build">): ScriptOptions {
  if (typeof build === "string") return { script: build };
  return typeof build === "object" ? build : {};
}
