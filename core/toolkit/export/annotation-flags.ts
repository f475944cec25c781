import type { CompiledImage } from "../../graph/definition.ts";

const levels = { manifest: "manifest", index: "index", descriptor: "manifest-descriptor" } as const;

/** `LEVEL:NAME=VALUE`, as buildx takes annotations. */
export const annotationFlags = (annotations: CompiledImage["annotations"]): readonly string[] =>
  (["manifest", "index", "descriptor"] as const).flatMap((level) =>
    Object.entries(annotations[level]).map(([name, value]) => `${levels[level]}:${name}=${value}`),
  );
