import { throwAll, TsdockError } from "../../errors/tsdock-error.ts";
import { isTag, parseReference } from "../../oci/spec/reference.ts";
import type { PlanFact, WantedTag } from "../publish-result.ts";
import { layoutDirectory, type PlannedImage, type PublishPlan } from "./publish-plan.ts";

export interface PlanRequest {
  readonly images: readonly string[];
  /** `ghcr.io/acme`, to which names are added; or `oci:DIR`. */
  readonly destination: string;
  /** Another way from a name to its repository, in a registry. */
  readonly repository?: (name: string) => string;
  readonly tags: (name: string) => readonly WantedTag[];
  /** Images that one is made from; those that are not published do not matter. */
  readonly dependsOn?: (name: string) => readonly string[];
  readonly facts?: readonly PlanFact[];
}

/**
 * Images × tags, checked: pure, and complete before anything is done. Every mistake is reported.
 * Errors `TAG_INVALID`, `REFERENCE_INVALID`, `PUBLISH_COLLISION`.
 */
export function planPublish(request: PlanRequest): PublishPlan {
  const errors: TsdockError[] = [];
  const names = new Set(request.images);
  const refused = new Set<string>();
  const images = request.images.map((name): PlannedImage => {
    const dependsOn = (request.dependsOn?.(name) ?? []).filter((other) => other !== name && names.has(other));
    const repository = repositoryOf(name, request, errors);
    return { name, repository, dependsOn, tags: uniqueTags(name, request.tags(name), errors, refused) };
  });
  checkCollisions(images, errors);
  throwAll(errors);
  return { destination: request.destination, facts: request.facts ?? [], images };
}

function uniqueTags(
  image: string,
  wanted: readonly WantedTag[],
  errors: TsdockError[],
  refused: Set<string>,
): readonly WantedTag[] {
  const tags = new Map<string, WantedTag>();
  for (const one of wanted) {
    // What all images would get is one mistake.
    if (!isTag(one.tag) && !refused.has(one.tag)) {
      refused.add(one.tag);
      const hint = "a tag has 1 to 128 letters, digits, `_`, `.` and `-`, the first not `.` or `-`";
      const message = `${JSON.stringify(one.tag)}, wanted for ${image}, is not a tag`;
      errors.push(new TsdockError("TAG_INVALID", message, { hint, details: one.reason }));
    }
    // One that must not move stays so, whoever else wants it.
    if (tags.get(one.tag)?.class !== "immutable") tags.set(one.tag, one);
  }
  return [...tags.values()];
}

function repositoryOf(name: string, request: PlanRequest, errors: TsdockError[]): string {
  if (layoutDirectory(request.destination) !== undefined) return name;
  const repository = request.repository?.(name) ?? `${request.destination.replace(/\/+$/, "")}/${name}`;
  try {
    const { registry, repository: path, tag, digest } = parseReference(repository);
    if (tag === undefined && digest === undefined) return `${registry}/${path}`;
    const hint = "tags are given by --tag or by `tags` in the configuration";
    const message = `the repository ${repository} of the image ${name} has a tag or a digest`;
    errors.push(new TsdockError("REFERENCE_INVALID", message, { hint }));
  } catch (error) {
    if (!(error instanceof TsdockError)) throw error;
    const { hint } = error;
    errors.push(
      new TsdockError(error.code, `the image ${name} cannot be published: ${error.message}`, { hint }),
    );
  }
  return repository;
}

/** Images may share a repository, and never a tag. */
function checkCollisions(images: readonly PlannedImage[], errors: TsdockError[]): void {
  const owners = new Map<string, string>();
  for (const { name, repository, tags } of images) {
    for (const { tag } of tags) {
      const reference = `${repository}:${tag}`;
      const other = owners.get(reference);
      owners.set(reference, name);
      if (other === undefined) continue;
      const hint = "give one of them another name, repository or tag in the configuration";
      const message = `the images ${other} and ${name} would both be published as ${reference}`;
      errors.push(new TsdockError("PUBLISH_COLLISION", message, { hint }));
    }
  }
}
