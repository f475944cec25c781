import type { MethodCall, StageImage, TsdockError } from "tsdock/plugin";
import { unsupported } from "../hcl/source.ts";
import {
  type AttributeName,
  type Given,
  listOf,
  mapOf,
  type ResolvedTarget,
  textOf,
} from "../resolve/model.ts";

/** What a target says besides its Dockerfile. */
export interface ImageSettings {
  readonly image: StageImage;
  readonly problems: readonly TsdockError[];
}

/** Methods for what images have, comments for what builds have, problems for what neither can say. */
export function imageSettings(target: ResolvedTarget, constant: string): ImageSettings {
  const problems: TsdockError[] = [];
  const { values } = target;
  const before = platforms(listOf(values, "platforms"), problems);
  const after = [...labels(target, problems), ...annotations(listOf(values, "annotations"), problems)];
  problems.push(...refused(target));
  const comments = [
    ...target.comments.map(commentText),
    ...(textOf(values, "description") ?? "").split("\n").filter((line) => line !== ""),
    ...commandLine(target),
    ...notKept(target),
    ...problems.map((problem) => notImported(problem)),
  ];
  return {
    image: { name: target.name, constant, stage: textOf(values, "target"), comments, before, after },
    problems,
  };
}

/** The mark of what a module does not do. */
export function notImported({ message, place }: TsdockError): string {
  const where = place === undefined ? "" : ` (line ${place.line}, column ${place.column})`;
  return `NOT IMPORTED${where}: ${message}`;
}

/** A comment of HCL without what makes it one. */
export const commentText = (comment: string): string =>
  comment
    .replace(/^(?:#+|\/\/+|\/\*+)/, "")
    .replace(/\*+\/$/, "")
    .trim();

/** `local` alone is the machine's own platform, which is what images are for that name none. */
function platforms(given: readonly Given<string>[], problems: TsdockError[]): readonly MethodCall[] {
  if (given.length > 0 && given.every(({ value }) => value === "local")) return [];
  const found = given.flatMap(({ value, spot }) => {
    const platform = value
      .toLowerCase()
      .replace(/^linux\/(?:x86_64|x86-64)$/, "linux/amd64")
      .replace(/^linux\/aarch64$/, "linux/arm64");
    if (/^linux\/[a-z0-9]+(?:\/v\d+)?$/.test(platform)) return [platform];
    problems.push(
      unsupported(`${value} is not a platform of Linux`, spot, "write linux/amd64 or linux/arm64"),
    );
    return [];
  });
  return found.length === 0 ? [] : [{ name: "platforms", args: [...new Set(found)] }];
}

function labels({ values }: ResolvedTarget, problems: TsdockError[]): readonly MethodCall[] {
  const found = [...mapOf(values, "labels")].filter(([name, { spot }]) => {
    if (/^[^=\s\0]+$/.test(name)) return true;
    problems.push(
      unsupported(`${JSON.stringify(name)} cannot be the name of a label`, spot, "leave out white space"),
    );
    return false;
  });
  if (found.length === 0) return [];
  return [{ name: "label", args: [Object.fromEntries(found.map(([name, { value }]) => [name, value]))] }];
}

const levels: Readonly<Record<string, string>> = {
  manifest: "manifest",
  index: "index",
  "manifest-descriptor": "descriptor",
};

/** `[LEVEL[,LEVEL]:]KEY=VALUE` */
function annotations(given: readonly Given<string>[], problems: TsdockError[]): readonly MethodCall[] {
  const found = new Map<string, Record<string, string>>();
  for (const { value, spot } of given) {
    const [, where = "manifest", key, text = ""] =
      /^(?:([a-z-]+(?:\[[^\]]*\])?(?:,[a-z-]+(?:\[[^\]]*\])?)*):)?([^=]+)=([\s\S]*)$/.exec(value) ?? [];
    for (const one of where.split(",")) {
      const level = Object.hasOwn(levels, one) ? levels[one] : undefined;
      if (key === undefined || level === undefined) {
        const what =
          key === undefined
            ? `${JSON.stringify(value)} is no annotation`
            : `annotations have no level ${one} here`;
        problems.push(
          unsupported(what, spot, "write KEY=VALUE, index:KEY=VALUE or manifest-descriptor:KEY=VALUE"),
        );
        continue;
      }
      found.set(level, { ...found.get(level), [key]: text });
    }
  }
  return [...found].map(([level, entries]) => ({
    name: "annotation",
    args: level === "manifest" ? [entries] : [entries, { level }],
  }));
}

/** Flags of `tsdock build` that do what the target asks for. */
function commandLine({ name, values }: ResolvedTarget): readonly string[] {
  const flags = [
    ...listOf(values, "secret").map(({ value }) => `--secret ${value}`),
    ...listOf(values, "ssh").map(({ value }) => `--ssh ${value}`),
    ...(values.flags.get("no-cache")?.value === true ? [`--no-cache ${name}`] : []),
    ...listOf(values, "output").flatMap(({ value }) => (isOutput(value) ? [`--output ${value}`] : [])),
  ];
  return flags.length === 0 ? [] : [`Built with: ${flags.join(" ")}`];
}

const isOutput = (value: string): boolean => /^type=(?:oci|docker|local),/.test(value);

/** What a build had for itself and changes nothing in an image. */
function notKept({ values }: ResolvedTarget): readonly string[] {
  const said = (name: AttributeName, keep: (value: string) => boolean): readonly string[] =>
    listOf(values, name).flatMap(({ value }) => (keep(value) ? [`${name} ${value}`] : []));
  const lines = [
    ...(values.flags.get("pull")?.value === true ? ["pull"] : []),
    ...said("cache-from", () => true),
    ...said("cache-to", () => true),
    ...said("output", (value) => !isOutput(value)),
    ...said("no-cache-filter", () => true),
    ...said("attest", () => true),
    ...said("entitlements", (value) => value !== "security.insecure"),
  ];
  return lines.length === 0 ? [] : [`Said of the build, not of the image: ${lines.join("; ")}`];
}

const hints: Readonly<Partial<Record<AttributeName, string>>> = {
  "shm-size": 'give the step that needs it mount.tmpfs("/dev/shm", { size })',
  ulimits: "set them within the step: ulimit -n 1024",
  "extra-hosts": "ask a name server that knows them, or write the addresses",
};

/** What steps never have here. */
function refused({ values }: ResolvedTarget): readonly TsdockError[] {
  const found: TsdockError[] = [];
  const refuse = (name: AttributeName, spot: Given<unknown>["spot"] | undefined, shown: string): void => {
    if (spot !== undefined)
      found.push(
        unsupported(
          `steps of a build have no ${name} of their own: ${shown}`,
          spot,
          hints[name] ?? "leave it out",
        ),
      );
  };
  refuse("shm-size", values.texts.get("shm-size")?.spot, textOf(values, "shm-size") ?? "");
  const limits = listOf(values, "ulimits");
  refuse("ulimits", limits[0]?.spot, limits.map(({ value }) => value).join(", "));
  const hosts = [...mapOf(values, "extra-hosts")];
  refuse("extra-hosts", hosts[0]?.[1].spot, hosts.map(([host, { value }]) => `${host}=${value}`).join(", "));
  const isolation = values.texts.get("isolation");
  if (isolation !== undefined && isolation.value !== "default")
    refuse("isolation", isolation.spot, isolation.value);
  const privileged = values.flags.get("privileged");
  if (privileged?.value === true)
    found.push(
      unsupported(
        "steps never run with all privileges",
        privileged.spot,
        "build what needs them outside, and copy it in",
      ),
    );
  const insecure = listOf(values, "entitlements").find(({ value }) => value === "security.insecure");
  if (insecure !== undefined)
    found.push(
      unsupported(
        "steps never run with all privileges",
        insecure.spot,
        "build what needs them outside, and copy it in",
      ),
    );
  const call = values.texts.get("call");
  if (call !== undefined && call.value !== "build")
    found.push(
      unsupported(
        `it is a target for ${call.value}, and not to be built`,
        call.spot,
        "tsdock check looks at declarations",
      ),
    );
  const network = values.texts.get("network");
  if (network !== undefined && !["default", "host", "none"].includes(network.value))
    refuse("network", network.spot, network.value);
  return found;
}
