import type { Site } from "../../../declare/site.ts";
import type { VertexId } from "../../definition.ts";
import { refuse } from "../refuse.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * The instruction that lays a file tree on what is there, as BuildKit merges trees: a link replaces a directory, and none is followed.
 * Error `EXPORT_UNSUPPORTED` where `isUpper` and the tree's layers may take files away from those below them, which a copy does not.
 */
export function laidOver(
  id: VertexId,
  around: Surroundings,
  isUpper: boolean,
  site: Site | undefined,
): string {
  const remover = isUpper ? removerOf(id, around) : undefined;
  if (remover !== undefined)
    throw refuse(
      `a Dockerfile cannot lay a tree on another where its layers may remove files: ${remover}`,
      site,
      'copy what is wanted of it: copy("/path", "/path", { from })',
    );
  return `COPY --link --from=${around.fromOf(id, site)} / /`;
}

/** What in a tree may leave whiteouts, which count for what lies below too. */
function removerOf(id: VertexId, around: Surroundings): string | undefined {
  const { op, inputs, name } = around.vertex(id);
  switch (op.type) {
    case "source":
      return op.kind === "plugin" || op.kind === "git" ? undefined : name;
    case "merge":
      return inputs.map((input) => removerOf(input, around)).find((found) => found !== undefined);
    case "file": {
      if (op.action.type === "remove") return name;
      const base = op.base === undefined ? undefined : inputs[op.base];
      return base === undefined ? undefined : removerOf(base, around);
    }
    case "exec":
    case "diff":
      return name;
  }
}
