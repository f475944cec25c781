import type { CheckRule } from "../../plugin/check-contract.ts";

const commit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export const unpinnedAdd: CheckRule = {
  id: "unpinned-add",
  severity: "warning",
  summary: "the branch or tag of a git repository that is added is not in tsdock.lock",
  *check({ vertices, isLocked }) {
    for (const { op, site, images } of vertices.values()) {
      if (op.type !== "source" || op.kind !== "git" || commit.test(op.ref)) continue;
      if (isLocked("git", `${op.repository}#${op.ref}`)) continue;
      const [image] = images;
      yield {
        message: `${op.ref} of ${withoutPassword(op.repository)} moves, and nothing pins its commit`,
        hint: "run tsdock lock and commit tsdock.lock, or name a commit",
        place: site?.place(),
        ...(image === undefined ? {} : { image }),
      };
    }
  },
};

const withoutPassword = (repository: string): string => repository.replace(/\/\/[^/@]*@/, "//");
