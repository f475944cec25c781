import { TsdockError } from "../errors/tsdock-error.ts";

/** What filters look at in a network or a volume. */
export interface FilteredResource {
  readonly id?: string | undefined;
  readonly name: string;
  readonly driver: string;
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
};

const hint = "write name=TEXT, label=KEY[=VALUE], driver=NAME or dangling=true";

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
