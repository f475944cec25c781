import type { CheckRule } from "../../plugin/check-contract.ts";
import { parseReference } from "../../oci/spec/reference.ts";

export const unlockedLatest: CheckRule = {
  id: "unlocked-latest",
  severity: "warning",
  summary: "a reference without a tag, or with the tag latest, is not in tsdock.lock",
  *check({ vertices, isLocked }) {
    for (const { op, site, images } of vertices.values()) {
      if (op.type !== "source" || op.kind !== "registry" || isLocked("image", op.reference)) continue;
      const { tag, digest } = parseReference(op.reference);
      if (digest !== undefined || (tag ?? "latest") !== "latest") continue;
      const [image] = images;
      yield {
        message: `${op.reference} means another image every time it is published`,
        hint: "run tsdock lock and commit tsdock.lock, or name a version",
        place: site?.place(),
        ...(image === undefined ? {} : { image }),
      };
    }
  },
};
