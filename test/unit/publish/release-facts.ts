import type { ReleaseEvent, ReleaseFacts } from "../../../core/publish/facts/release-facts.ts";

const fact = <T>(value: T) => ({ value, source: "test" });

/** Facts of a release from a commit on `main`; whatever else is known is given. */
export function releaseFacts({
  ref,
  event,
  ...given
}: { ref?: string; event?: ReleaseEvent } & Omit<Partial<ReleaseFacts>, "ref" | "event"> = {}): ReleaseFacts {
  return {
    ref: fact(ref ?? "refs/heads/main"),
    event: fact(event ?? "push"),
    revision: fact("860c1904a1ce19322e91ac35af1ab07466440c37"),
    commitTime: fact(Date.parse("2024-05-06T07:08:09Z")),
    now: fact(Date.parse("2024-05-07T23:30:00Z")),
    defaultBranch: fact("main"),
    baseRef: undefined,
    dirty: fact(false),
    allowDirty: false,
    tags: [],
    releases: [],
    pre: undefined,
    packages: {},
    owners: ["api"],
    ...given,
  };
}

export const api = { name: "api", directory: "packages/api" };
