import { TsdockError } from "../errors/tsdock-error.ts";
import type { CompiledImage } from "../graph/definition.ts";
import type { PlanFact, WantedTag } from "../publish/publish-result.ts";
import type { Workspace } from "./workspace.ts";

export interface TagRequest {
  /** Those of the configuration unless given. */
  readonly tags: readonly string[];
  /** The tags given must never mean another image. */
  readonly immutable: boolean;
}

export interface PublishTags {
  readonly tags: (image: string) => readonly WantedTag[];
  readonly facts: readonly PlanFact[];
}

/** The tags that images are to get, and what they were computed from. */
export function publishTags(
  _images: readonly CompiledImage[],
  request: TagRequest,
  { config }: Workspace,
): PublishTags {
  const given = request.tags.length > 0;
  const tags = given ? request.tags : config.tags;
  if (tags.length === 0) {
    throw new TsdockError("USAGE", "there is no tag to publish", {
      hint: "set `tags` in tsdock.config.ts, or give --tag TAG",
    });
  }
  const reason = given ? "given by --tag" : "in the configuration";
  const kind = request.immutable ? "immutable" : "rolling";
  const wanted = tags.map((tag) => ({ tag, class: kind, reason }) as const);
  return { tags: () => wanted, facts: [] };
}
