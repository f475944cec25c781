import { throwAll, TsdockError } from "../errors/tsdock-error.ts";
import { isIndexType, isManifestType } from "../oci/spec/media-types.ts";
import { inParallel } from "./in-parallel.ts";
import type { Publication, ReleasedImage } from "./publication.ts";
import { publishedRelease } from "./release-image.ts";
import { readImageDocuments } from "./stored-image.ts";

export interface RetagOptions {
  /** The tag of each image of the plan under which it is published already. */
  readonly existing: ReadonlyMap<string, string>;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * Gives images that are published the other tags of the plan: nothing is built and no blob is sent. All of them are there, or
 * no tag moves. Error `PUBLISH_NOT_THERE`.
 */
export async function retag(
  publication: Publication,
  options: RetagOptions,
): Promise<readonly ReleasedImage[]> {
  const { existing, dryRun, signal } = options;
  const { destination, jobs } = publication;
  await using _alone = dryRun ? undefined : await destination.exclusively(signal);
  const states = await publication.inspect();
  const known = states.map((state) => {
    const name = existing.get(state.plan.name) ?? "";
    return { state, name, published: state.tags.find(({ tag }) => tag === name)?.now };
  });
  throwAll(
    known.flatMap(({ state: { plan }, name, published }) =>
      published === undefined ? [notThere(destination.reference(plan.repository, name))] : [],
    ),
  );
  const images = await inParallel(known, jobs, signal, async ({ state, published }, signal) => {
    if (published === undefined) throw new Error("an image that is not there was not reported");
    const { repository } = state.plan;
    const documents = await readImageDocuments(published, async (descriptor) => {
      const { mediaType } = descriptor;
      return isManifestType(mediaType) || isIndexType(mediaType)
        ? (await destination.readManifest(repository, descriptor, signal)).bytes
        : destination.readConfig(repository, descriptor, signal);
    });
    return { ...state, release: publishedRelease(documents) };
  });
  if (dryRun) return images;
  await publication.proveWritable(images);
  await publication.moveTags(images);
  return images;
}

const notThere = (reference: string): TsdockError =>
  new TsdockError("PUBLISH_NOT_THERE", `${reference} is to get more tags, and is not published`, {
    hint: "publish that version first: a release that is added to a channel builds nothing",
  });
