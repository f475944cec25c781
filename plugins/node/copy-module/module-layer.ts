import { createHash } from "node:crypto";
import type { LayerEntry, PlanContext, SourceContext, SourcePlan, SourceResult } from "tsdock/plugin";
import { toByteString } from "tsdock/plugin";
import type { SpecOf } from "../options.ts";
import { withDirectories } from "../package/read-archive.ts";
import { type ModuleFile, moduleFiles } from "./module-files.ts";

const filesOf = (spec: SpecOf<"module">, context: PlanContext): readonly ModuleFile[] =>
  moduleFiles(spec.entry, spec.compile, context);

/** What the compiler gives is the key: no version of it has to be. */
export function planModule(spec: SpecOf<"module">, context: PlanContext): SourcePlan {
  const hash = createHash("sha256");
  for (const { path, content, executable } of filesOf(spec, context))
    hash.update(`${path}\0${executable}\0${content.length}\0`).update(content);
  return { key: hash.digest("hex") };
}

export async function moduleLayer(spec: SpecOf<"module">, context: SourceContext): Promise<SourceResult> {
  const prefix = `${spec.to.slice(1)}/`;
  const entries = filesOf(spec, context).map(
    ({ path, content, executable }): LayerEntry => ({
      type: "file",
      path: toByteString(`${prefix}${path}`),
      mode: executable ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      mtime: 0,
      size: content.length,
      content,
    }),
  );
  const layer = await context.layer(withDirectories(entries));
  return { layers: [{ layer, createdBy: `node module: ${spec.entry}` }], config: {} };
}
