import { throwAll, TsdockError } from "../../errors/tsdock-error.ts";
import { isTag, parseReference } from "../../oci/spec/reference.ts";
import type { ImageState } from "../inspect-destination.ts";
import { storedArtifact } from "../attest/stored-artifact.ts";
import { Publication, type PublicationOptions, type ReleasedImage } from "../publication.ts";
import { publishedTags } from "../published-tags.ts";
import type { PublishResult } from "../publish-result.ts";
import { type ReleaseImage, releaseImage } from "../release-image.ts";
import { readImageDocuments } from "../stored-image.ts";
import type { PlanDocument, PlanDocumentImage } from "./plan-document.ts";
import { layoutDirectory, type PublishPlan } from "./publish-plan.ts";

export interface RunPlanOptions extends PublicationOptions {
  readonly dryRun?: boolean;
}

/**
 * Does exactly what a plan says, or nothing: every tag must mean what it meant when the plan was made, or already what the
 * plan makes it mean. Errors `PUBLISH_PLAN_OUTDATED`, `PUBLISH_BLOB_MISSING`, and those of `publish`.
 */
export async function runPlan(document: PlanDocument, options: RunPlanOptions): Promise<PublishResult> {
  const started = performance.now();
  const { dryRun = false, signal } = options;
  await using publication = await Publication.open(planOf(document), options);
  const { destination, counts } = publication;
  await using _alone = dryRun ? undefined : await destination.exclusively(signal);
  const states = await publication.inspect();
  const images = states.flatMap((state, index) => {
    const planned = document.images[index];
    return planned === undefined ? [] : [plannedState(state, planned)];
  });
  checkCurrent(images, publication);
  const done = dryRun ? images : await publishPlanned(images, publication, options);
  return {
    destination: document.destination,
    facts: document.facts,
    images: done.map((image) => resultOf(image, destination.label(image.plan.repository))),
    blobs: counts.counts,
    ms: Math.round(performance.now() - started),
  };
}

/** Images, what is said of them, then their tags. */
async function publishPlanned(
  images: readonly PlannedState[],
  publication: Publication,
  options: RunPlanOptions,
): Promise<readonly (PlannedState & ReleasedImage)[]> {
  const { blobs } = options.store;
  const waiting = images.filter(({ tags, planned }) =>
    tags.some(({ now, skip }) => !skip && now?.digest !== planned.manifest.digest),
  );
  await publication.proveWritable(waiting);
  const released = await publication.send(images, ({ planned }) =>
    findRelease(planned, publication, options),
  );
  const attested = await publication.attest(released, ({ planned }) =>
    Promise.resolve((planned.attestations ?? []).map((one) => storedArtifact(one, blobs))),
  );
  await publication.moveTags(attested);
  return attested;
}

interface PlannedState extends ImageState {
  readonly planned: PlanDocumentImage;
}

/** The plan in the form that the engine knows. What is to be written somewhere is checked again: a file can say anything. */
function planOf({ destination, facts, images }: PlanDocument): PublishPlan {
  const seen = new Set<string>();
  const fail = (why: string): TsdockError =>
    new TsdockError("PUBLISH_PLAN_INVALID", `the plan cannot be used: ${why}`, {
      hint: "make it again by `tsdock publish --plan-out FILE`",
    });
  for (const { repository, tags } of images) {
    if (layoutDirectory(destination) === undefined) parseReference(repository);
    for (const { tag } of tags) {
      const reference = `${repository}:${tag}`;
      if (!isTag(tag)) throw fail(`${JSON.stringify(tag)} is not a tag`);
      if (seen.has(reference)) throw fail(`${reference} is in it twice`);
      seen.add(reference);
    }
  }
  return { destination, facts, images };
}

const plannedState = ({ plan, tags }: ImageState, planned: PlanDocumentImage): PlannedState => ({
  plan,
  planned,
  tags: tags.map((tag, index) => ({ ...tag, skip: planned.tags[index]?.action === "skip" })),
});

function checkCurrent(images: readonly PlannedState[], { destination }: Publication): void {
  throwAll(
    images.flatMap(({ plan, planned, tags }) =>
      tags.flatMap(({ tag, now, skip }, index) => {
        const from = planned.tags[index]?.from ?? undefined;
        if (skip || now?.digest === from?.digest || now?.digest === planned.manifest.digest) return [];
        const message = `${destination.reference(plan.repository, tag)} is no longer what it was when the plan was made`;
        const details = `then: ${from?.digest ?? "no such tag"}; now: ${now?.digest ?? "no such tag"}`;
        const hint = "make the plan again by `tsdock publish --plan-out FILE`";
        return [new TsdockError("PUBLISH_PLAN_OUTDATED", message, { details, hint })];
      }),
    ),
  );
}

/** The image at the destination, where the job that planned has put it; else in the store. */
async function findRelease(
  { name, repository, manifest }: PlanDocumentImage,
  { destination }: Publication,
  { store, signal }: RunPlanOptions,
): Promise<ReleaseImage> {
  if (await destination.hasManifest(repository, manifest, signal)) {
    return { top: await destination.readManifest(repository, manifest, signal), manifests: [] };
  }
  if (store.blobs.has(manifest.digest)) {
    const documents = await readImageDocuments(manifest, ({ digest }) => store.blobs.read(digest));
    const release = releaseImage(documents, () => undefined);
    if (release?.top.descriptor.digest === manifest.digest) return release;
  }
  const message = `${name} is neither at ${destination.label(repository)} nor in the store: ${manifest.digest}`;
  throw new TsdockError("PUBLISH_BLOB_MISSING", message, {
    hint: "run `tsdock publish --plan-out FILE` without --dry-run, which brings the images there; or give this run the store of that one",
  });
}

function resultOf(
  image: PlannedState & Partial<ReleasedImage>,
  repository: string,
): PublishResult["images"][number] {
  const { name, manifest, platforms } = image.planned;
  const [only, ...others] = platforms;
  return {
    name,
    repository,
    digest: manifest.digest,
    imageId: only !== undefined && others.length === 0 ? only.imageId : null,
    platforms,
    tags: publishedTags(image, manifest.digest),
    ...(image.attestations === undefined || image.attestations.length === 0
      ? {}
      : { attestations: image.attestations }),
  };
}
