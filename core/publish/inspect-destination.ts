import { isTsdockError, type TsdockError, throwAll } from "../errors/tsdock-error.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Destination } from "./destination.ts";
import { inParallel } from "./in-parallel.ts";
import type { PlannedImage, PublishPlan } from "./plan/publish-plan.ts";
import { type PreflightFailure, preflightErrors } from "./preflight-errors.ts";
import type { WantedTag } from "./publish-result.ts";
import { decideRolling } from "./tags/version-line.ts";

/** A wanted tag and what the destination has. */
export interface TagState extends Omit<WantedTag, "line"> {
  /** What it means now; undefined where it does not exist. */
  readonly now: Descriptor | undefined;
  /** It stays where it is: `reason` says why. */
  readonly skip: boolean;
}

/** An image of the plan and what the destination has of it. */
export interface ImageState {
  readonly plan: PlannedImage;
  readonly tags: readonly TagState[];
}

export interface InspectOptions {
  readonly destination: Destination;
  /** Requests at the same time. */
  readonly jobs: number;
  readonly signal: AbortSignal;
}

/**
 * The first half of the preflight, which changes nothing: proves that we are known where we want to publish, and finds
 * out what every wanted tag means now. All refusals are reported.
 */
export async function inspectDestination(
  plan: PublishPlan,
  options: InspectOptions,
): Promise<readonly ImageState[]> {
  const { destination, jobs, signal } = options;
  const failures: PreflightFailure[] = [];
  const states = await inParallel(plan.images, jobs, signal, async (image, signal) => {
    try {
      return [await inspectImage(image, { ...options, signal })];
    } catch (error) {
      failures.push(failure(error, image, destination));
      return [];
    }
  });
  throwAll(preflightErrors(failures));
  return states.flat();
}

async function inspectImage(
  plan: PlannedImage,
  { destination, signal }: InspectOptions,
): Promise<ImageState> {
  const now = await Promise.all(
    plan.tags.map(({ tag }) => destination.readTag(plan.repository, tag, signal)),
  );
  const published = isWhole(plan.tags, now) ? [] : await destination.listTags(plan.repository, signal);
  return { plan, tags: plan.tags.map((one, index) => tagState(one, now[index], published)) };
}

/**
 * Whether the tags that follow versions need no look at other versions: there are none, or they mean already what a tag
 * means that never moves.
 */
function isWhole(wanted: readonly WantedTag[], now: readonly (Descriptor | undefined)[]): boolean {
  const held = new Set(
    wanted.flatMap((one, index) => (one.class === "immutable" ? (now[index]?.digest ?? []) : [])),
  );
  return wanted.every(({ line }, index) => line === undefined || held.has(now[index]?.digest ?? "sha256:"));
}

function tagState(wanted: WantedTag, now: Descriptor | undefined, published: readonly string[]): TagState {
  const { tag, class: kind, reason, line } = wanted;
  if (line === undefined || published.length === 0) return { tag, class: kind, reason, now, skip: false };
  const decision = decideRolling(wanted, published);
  return { tag, class: kind, reason: decision.reason, now, skip: decision.action === "skip" };
}

/** The second half: begins an upload in every repository and cancels it. All refusals are reported. */
export async function proveWritable(
  images: readonly ImageState[],
  { destination, jobs, signal }: InspectOptions,
): Promise<void> {
  const plans = [...new Map(images.map(({ plan }) => [plan.repository, plan])).values()];
  const failures: PreflightFailure[] = [];
  await inParallel(plans, jobs, signal, async (plan, signal) => {
    try {
      await destination.checkWritable(plan.repository, signal);
    } catch (error) {
      failures.push(failure(error, plan, destination));
    }
  });
  throwAll(preflightErrors(failures));
}

function failure(error: unknown, plan: PlannedImage, destination: Destination): PreflightFailure {
  if (!isTsdockError(error)) throw error;
  const tags = plan.tags.map(({ tag }) => tag).join(", ");
  return {
    error: error satisfies TsdockError,
    publishing: `${plan.name} as ${destination.reference(plan.repository, tags)}`,
  };
}
