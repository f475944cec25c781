import { throwAll, TsdockError } from "../errors/tsdock-error.ts";
import { isTag, parseReference } from "../oci/spec/reference.ts";
import type { WantedTag } from "./publish-result.ts";

/** What is to be published where, before anybody is asked. */
export interface PublishPlan {
  readonly images: readonly PlannedImage[];
}

export interface PlannedImage {
  readonly name: string;
  /** `host/path` in registries, the image's name in a layout. */
  readonly repository: string;
  readonly tags: readonly WantedTag[];
}

export interface PlanRequest {
  readonly images: readonly string[];
  /** `ghcr.io/acme`, to which names are added; or `oci:DIR`. */
  readonly destination: string;
  /** Another way from a name to its repository, in a registry. */
  readonly repository?: (name: string) => string;
  readonly tags: readonly WantedTag[];
}

/** The directory of a destination `oci:DIR`; undefined for registries. */
export const layoutDirectory = (destination: string): string | undefined =>
  destination.startsWith("oci:") ? destination.slice(4) : undefined;

/**
 * Images × tags, checked: pure, and complete before anything is done. Every mistake is reported.
 * Errors `TAG_INVALID`, `REFERENCE_INVALID`, `PUBLISH_COLLISION`.
 */
export function planPublish(request: PlanRequest): PublishPlan {
  const errors: TsdockError[] = [];
  const tags = uniqueTags(request.tags, errors);
  const images = request.images.map((name): PlannedImage => {
    return { name, repository: repositoryOf(name, request, errors), tags };
  });
  checkCollisions(images, errors);
  throwAll(errors);
  return { images };
}

function uniqueTags(wanted: readonly WantedTag[], errors: TsdockError[]): readonly WantedTag[] {
  const tags = new Map<string, WantedTag>();
  for (const one of wanted) {
    if (!isTag(one.tag)) {
      const hint = "a tag has 1 to 128 letters, digits, `_`, `.` and `-`, the first not `.` or `-`";
      errors.push(new TsdockError("TAG_INVALID", `${JSON.stringify(one.tag)} is not a tag`, { hint }));
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
    errors.push(
      new TsdockError(
        "REFERENCE_INVALID",
        `the repository ${repository} of the image ${name} has a tag or a digest`,
        { hint },
      ),
    );
  } catch (error) {
    if (!(error instanceof TsdockError)) throw error;
    const { hint } = error;
    errors.push(
      new TsdockError(error.code, `the image ${name} cannot be published: ${error.message}`, { hint }),
    );
  }
  return repository;
}

function checkCollisions(images: readonly PlannedImage[], errors: TsdockError[]): void {
  const owners = new Map<string, string>();
  for (const { name, repository } of images) {
    const other = owners.get(repository);
    if (other !== undefined) {
      const hint = "give one of them another name, or another repository in the configuration";
      errors.push(
        new TsdockError(
          "PUBLISH_COLLISION",
          `the images ${other} and ${name} would both be published as ${repository}`,
          { hint },
        ),
      );
    }
    owners.set(repository, name);
  }
}
