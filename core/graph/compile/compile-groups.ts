import type { Group, GroupOptions } from "../../declare/group.ts";
import { linkOf } from "../../declare/image.ts";
import type { Link } from "../../declare/instruction.ts";
import type { Site } from "../../declare/site.ts";
import type { TagsOption } from "../../declare/tag-rule.ts";
import { tagsMistakes } from "../../declare/tag-settings.ts";
import { checkShape, type Kinds } from "./check-shape.ts";
import { isImageName } from "./names.ts";
import { type Problems, problem } from "./problems.ts";

export interface GroupTags {
  readonly group: string;
  readonly tags: TagsOption;
  readonly site: Site;
}

/** Names of groups by the last link of their images. */
export function groupsByImage(
  groups: readonly Group[],
  names: ReadonlyMap<Link, string>,
  problems: Problems,
): ReadonlyMap<Link, readonly string[]> {
  const byImage = new Map<Link, readonly string[]>();
  for (const group of groups) {
    for (const member of membersOf(group, problems)) {
      const link = typeof member === "object" && member !== null ? linkOf(member) : undefined;
      if (link === undefined || !names.has(link)) {
        const why = link === undefined ? "something that is no image" : "an image that no module exports";
        problems.add(
          problem(
            "DECLARATION_INVALID",
            `the group ${group.name} holds ${why}`,
            group.site,
            "export every image of a group",
          ),
        );
        continue;
      }
      const before = byImage.get(link) ?? [];
      if (!before.includes(group.name)) byImage.set(link, [...before, group.name]);
    }
  }
  return byImage;
}

const options: Kinds<GroupOptions> = { tags: "value" };

/** What it holds, as it was given. */
function membersOf(group: Group, problems: Problems): readonly unknown[] {
  const { name, images, site }: { name: unknown; images: unknown; site: Site } = group;
  if (typeof name !== "string" || !isImageName(name))
    problems.add(problem("NAME_INVALID", `${JSON.stringify(name)} cannot name a group`, site));
  problems.attempt(() => checkShape("group", group.options, options, site));
  if (Array.isArray(images)) return images;
  const hint = 'write group("release", [web, worker])';
  problems.add(problem("DECLARATION_INVALID", "a group takes a list of images", site, hint));
  return [];
}

/** The tags that a group has of its own. */
export function tagsOfGroup(group: Group, problems: Problems): readonly GroupTags[] {
  const { name, site } = group;
  const tags = (group.options as GroupOptions | null)?.tags;
  if (tags === undefined) return [];
  const mistakes = tagsMistakes(tags);
  for (const { path, message } of mistakes) {
    const what = `${["tags", ...path].join(".")} of the group ${name}`;
    problems.add(problem("DECLARATION_INVALID", `${what} ${message}`, site));
  }
  return mistakes.length === 0 ? [{ group: name, tags, site }] : [];
}
