import { posix } from "node:path";
import type { AttributeName, ResolvedBuilds, ResolvedTarget } from "../../plugins/bake/resolve/model.ts";

/** What `docker buildx bake --print` shows, as far as it is compared. */
export interface Printed {
  readonly group?: Readonly<Record<string, { readonly targets: readonly string[] }>>;
  readonly target: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Builds as bake would print them. */
export const printed = ({ targets, groups }: ResolvedBuilds): Required<Printed> => ({
  group: Object.fromEntries(groups.map(({ name, targets: members }) => [name, { targets: [...members] }])),
  target: Object.fromEntries(targets.map((target) => [target.name, shown(target)])),
});

function shown({ values }: ResolvedTarget): Record<string, unknown> {
  const context = values.texts.get("context")?.value ?? ".";
  return {
    ...Object.fromEntries([...values.texts].map(([name, { value }]) => [name, value])),
    ...Object.fromEntries([...values.flags].map(([name, { value }]) => [name, value])),
    ...Object.fromEntries(
      [...values.maps]
        .filter(([, entries]) => entries.size > 0)
        .map(([name, entries]) => [
          name,
          mapText(name, new Map([...entries].map(([key, { value }]) => [key, value]))),
        ]),
    ),
    ...Object.fromEntries(
      [...values.lists]
        .filter(([, items]) => items.length > 0)
        .map(([name, items]) => [name, items.map(({ value }) => value)]),
    ),
    context: posix.normalize(context),
    dockerfile: values.texts.get("dockerfile")?.value ?? "Dockerfile",
  };
}

/** Directories are written in several ways. */
const mapText = (name: AttributeName, entries: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries(
    [...entries].map(([key, value]) => [
      key,
      name === "contexts" && !/^[\w-]+:/.test(value) ? posix.normalize(value) : value,
    ]),
  );
