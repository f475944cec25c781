import { TsdockError } from "../errors/tsdock-error.ts";
import { nearestNames } from "../graph/nearest-names.ts";
import type { Store } from "../oci/store/store.ts";
import { type KeptRecord, readRecords } from "./build-record.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";
import { type ExplainedVertex, Explainer } from "./why/explain-build.ts";
import { findWorkspace } from "./workspace.ts";

export interface WhyRequest {
  readonly image: string;
  /** Compare with this build instead: its id, or the beginning of it. */
  readonly sinceBuild: string | undefined;
  readonly config: string | undefined;
}

/** What `tsdock why --json` prints. */
export interface WhyResult {
  readonly image: string;
  /** The id of the build that is explained, and when it was (RFC 3339). */
  readonly build: string;
  readonly time: string;
  /** The build that it is compared with, where one was named; else each vertex names its own. */
  readonly since: string | null;
  /** Builds that were recorded after it and ran nothing of the image. */
  readonly later: number;
  readonly vertices: readonly ExplainedVertex[];
}

/** Why the vertices of an image ran when any of them ran last. From records alone: nothing is built, no module is run. */
export async function whyImage(request: WhyRequest, host: Host): Promise<WhyResult> {
  const { config } = await findWorkspace(request, host);
  await using store = await openStore(host);
  const { image } = request;
  const records = [...readRecords(store, config.directory)];
  const own = records.filter(({ record }) => image in record.tops);
  if (own.length === 0) throw neverBuilt(image, records);
  const since = request.sinceBuild === undefined ? undefined : findBuild(request.sinceBuild, records);
  if (since !== undefined) return explainSince(store, image, since, own);
  const index = own.findIndex(({ record }) =>
    Object.values(record.vertices).some(
      ({ outcome, images }) => (outcome === "ran" || outcome === "failed") && images.includes(image),
    ),
  );
  const build = own[index] ?? own[0];
  if (build === undefined) throw neverBuilt(image, records);
  const earlier = records.slice(records.indexOf(build) + 1);
  const vertices = new Explainer(store, build, earlier).ran(image);
  const later = Math.max(0, index);
  return { image, build: build.id, time: build.record.time, since: null, later, vertices };
}

function explainSince(store: Store, image: string, since: KeptRecord, own: readonly KeptRecord[]): WhyResult {
  const [newest] = own;
  if (newest === undefined || !(image in since.record.tops))
    throw new TsdockError("BUILD_UNKNOWN", `the build ${since.id} did not build ${image}`, {
      hint: `one of ${own.map(({ id }) => id).join(", ")}`,
    });
  const vertices = new Explainer(store, newest, own.slice(1)).since(since, image);
  const { id, record } = newest;
  return { image, build: id, time: record.time, since: since.id, later: 0, vertices };
}

function findBuild(text: string, records: readonly KeptRecord[]): KeptRecord {
  const found = records.filter(({ id }) => id.startsWith(text));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const what = found.length === 0 ? "no build of this workspace is recorded as" : "several builds begin with";
  throw new TsdockError("BUILD_UNKNOWN", `${what} ${text}`, {
    hint: `recorded: ${records.map(({ id }) => id).join(", ") || "none"}`,
  });
}

function neverBuilt(image: string, records: readonly KeptRecord[]): TsdockError {
  const known = [...new Set(records.flatMap(({ record }) => Object.keys(record.tops)))];
  const [near] = nearestNames(image, known);
  return new TsdockError("BUILD_UNKNOWN", `no build of ${image} is recorded for this workspace`, {
    hint:
      near === undefined ? "tsdock build writes a record when it runs something" : `did you mean ${near}?`,
  });
}
