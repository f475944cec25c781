import type { Store } from "../../oci/store/store.ts";
import { type KeptRecord, readRecords } from "../build-record.ts";
import { type ExplainedVertex, Explainer } from "./explain-build.ts";

/** Why everything ran that ran in a build which was just recorded. */
export function explainRecorded(store: Store, build: KeptRecord): readonly ExplainedVertex[] {
  const earlier = function* (): Generator<KeptRecord> {
    for (const kept of readRecords(store, build.record.workspace)) if (kept.id !== build.id) yield kept;
  };
  return new Explainer(store, build, earlier()).ran();
}
