import { TsdockError } from "../errors/tsdock-error.ts";
import { parseUntil } from "./image-filters.ts";

/** What filters look at in a network or a volume. */
export interface FilteredResource {
  readonly id?: string | undefined;
  readonly name: string;
  readonly driver: string;
  /** Not made by anybody: `bridge`, `host`, `none`. */
  readonly builtIn?: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** No container uses it. */
  readonly dangling: boolean;
}

type Test = (resource: FilteredResource) => boolean;

const filters: Readonly<Record<string, (value: string) => Test>> = {
  id: (value) => (resource) => resource.id?.startsWith(value) ?? false,
  name: (value) => (resource) => resource.name.includes(value),
  driver: (value) => (resource) => resource.driver === value,
  label: (value) => (resource) => hasLabel(resource.labels, value),
  dangling: (value) => (resource) => resource.dangling === isTrue(value),
  scope: (value) => () => value === "local",
  type: (value) => {
    if (value !== "custom" && value !== "builtin")
      throw new TsdockError("FILTER_INVALID", `type=${value} is neither custom nor builtin`, { hint });
    return ({ builtIn = false }) => builtIn === (value === "builtin");
  },
};

const hint =
  "write name=TEXT, label=KEY[=VALUE], driver=NAME or dangling=true; of networks also type= and scope=local";

/** What `prune` commands know: `label=`, `label!=`, and `until=` of what has a time. Error `FILTER_INVALID`. */
export function pruneResourceFilter(
  texts: readonly string[],
  now: number,
): (resource: { readonly labels: FilteredResource["labels"]; readonly created: string }) => boolean {
  const tests = texts.map(
    (text): ((resource: { labels: FilteredResource["labels"]; created: string }) => boolean) => {
      const [, key = "", value = ""] = /^(label!?|until)=(.*)$/s.exec(text) ?? [];
      if (key === "until") {
        const limit = parseUntil(value, now);
        return ({ created }) => Date.parse(created) < limit;
      }
      if (key !== "") return ({ labels }) => hasLabel(labels, value) === (key === "label");
      throw new TsdockError("FILTER_INVALID", `--filter ${text} is no filter here`, {
        hint: "write until=24h, label=KEY[=VALUE] or label!=KEY[=VALUE]",
      });
    },
  );
  return (resource) => tests.every((test) => test(resource));
}

/** `--filter KEY=VALUE`, all of them: values of one key are alternatives, except labels. Error `FILTER_INVALID`. */
export function resourceFilter(texts: readonly string[]): Test {
  const byKey = new Map<string, Test[]>();
  for (const text of texts) {
    const at = text.indexOf("=");
    const key = text.slice(0, Math.max(at, 0));
    const filter = Object.hasOwn(filters, key) ? filters[key] : undefined;
    if (filter === undefined)
      throw new TsdockError("FILTER_INVALID", `--filter ${text} is no filter here`, { hint });
    byKey.set(key, [...(byKey.get(key) ?? []), filter(text.slice(at + 1))]);
  }
  return (resource) =>
    [...byKey].every(([key, tests]) =>
      key === "label" ? tests.every((test) => test(resource)) : tests.some((test) => test(resource)),
    );
}

function hasLabel(labels: FilteredResource["labels"], text: string): boolean {
  const [key = "", ...value] = text.split("=");
  return Object.hasOwn(labels, key) && (value.length === 0 || labels[key] === value.join("="));
}

function isTrue(value: string): boolean {
  if (["true", "1"].includes(value)) return true;
  if (["false", "0"].includes(value)) return false;
  throw new TsdockError("FILTER_INVALID", `dangling=${value} is neither true nor false`, { hint });
}

/** `KEY[=VALUE]` of `--label`, given any number of times. Error `USAGE`. */
export function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [key = "", ...value] = text.split("=");
      if (key !== "") return [key, value.join("=")];
      throw new TsdockError("USAGE", `--label ${text} has no key`, { hint: "write --label KEY=VALUE" });
    }),
  );
}
