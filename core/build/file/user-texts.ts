import * as v from "valibot";
import type { FileTree } from "../../oci/layer/tree.ts";
import { readContent } from "./read-content.ts";

const schema = v.object({
  version: v.literal(1),
  passwd: v.optional(v.string()),
  group: v.optional(v.string()),
});

/** Text of `etc/passwd` and `etc/group` of a tree, as it is kept; left out where there is no such file. */
export type UserTexts = Readonly<v.InferOutput<typeof schema>>;

export function userTextsOf(tree: FileTree): UserTexts {
  const read = (path: string): string | undefined => {
    const entry = tree.get(tree.resolve(path, { followLast: true }));
    return entry?.type === "file" ? Buffer.from(readContent(entry)).toString("utf8") : undefined;
  };
  const [passwd, group] = [read("etc/passwd"), read("etc/group")];
  return {
    version: 1,
    ...(passwd === undefined ? {} : { passwd }),
    ...(group === undefined ? {} : { group }),
  };
}

/** Undefined for what `userTextsOf` did not give. */
export function readUserTexts(json: unknown): UserTexts | undefined {
  const result = v.safeParse(schema, json);
  return result.success ? result.output : undefined;
}
