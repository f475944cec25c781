/** What compiles of tag rules, and what must not: checked by `tsc`, never run. */
import {
  branch,
  channel,
  defineConfig,
  edge,
  group,
  type Image,
  image,
  match,
  metadataAction,
  packageVersion,
  pep440,
  pr,
  raw,
  schedule,
  semver,
  sha,
  type TagRule,
  type TagsOption,
  tag,
} from "tsdock";

const base: Image = image().from("busybox");

export const rules: readonly TagRule[] = [
  semver(),
  semver({ patterns: ["{{version}}"], match: /^api-(.+)$/, prefix: "v", enable: "{{is_default_branch}}" }),
  pep440({ value: "1.2" }),
  match(/v(\d+)/i, { group: 1 }),
  match("/v(?<name>.+)/", { group: "name", priority: 1 }),
  branch({ class: "immutable" }),
  tag(),
  pr({ prefix: "" }),
  sha({ format: "long" }),
  schedule({ pattern: "{{date 'YYYYMMDD' tz='UTC'}}" }),
  edge({ branch: "main" }),
  raw("stable", { enable: false }),
  packageVersion({ patterns: ["{{version}}"] }),
  channel(),
];
export const options: readonly TagsOption[] = [
  rules,
  ["stable", "type=sha", sha()],
  { rules: ["stable"], flavor: { latest: false, suffix: "-alpine", onLatest: true } },
  metadataAction(["type=semver,pattern={{version}}"], ["latest=auto"]),
];
export const configs = [
  defineConfig({ tags: rules }),
  defineConfig({ tags: ({ name, directory }) => (name === "api" ? [raw(directory)] : undefined) }),
  defineConfig({ groups: { nightly: { images: ["tools-*"], tags: [schedule()] }, all: ["*"] } }),
];
export const nightly = group("nightly", [base], { tags: [schedule(), "nightly"] });

// @ts-expect-error a class that does not exist
branch({ class: "fixed" });
// @ts-expect-error an option that does not exist
semver({ pattern: "{{version}}" });
// @ts-expect-error a format that does not exist
sha({ format: "medium" });
// @ts-expect-error a tag without text
raw();
// @ts-expect-error `latest` is auto, true or false
defineConfig({ tags: { rules: [], flavor: { latest: "always" } } });
// @ts-expect-error a rule that is not called
defineConfig({ tags: [semver] });
// @ts-expect-error a group's tags are a list
group("x", [base], { tags: "stable" });
