import { isDeepStrictEqual } from "node:util";
import type { Healthcheck } from "../../oci/spec/image-config.ts";
import type { ImageUnderTest } from "../../toolkit/image-under-test.ts";
import type { Verdict } from "./verdict.ts";

/** What containers must start from, in the words of declarations; what is left out may be anything. */
export interface ConfigExpectation {
  /** By name: the value, a pattern that it matches, or undefined for one that must not be set. Others may be there. */
  readonly env?: Readonly<Record<string, string | RegExp | undefined>>;
  readonly labels?: Readonly<Record<string, string | RegExp | undefined>>;
  /** `user[:group]` as it is written there; `""` for none. */
  readonly user?: string;
  /** `""` for none. */
  readonly workdir?: string;
  /** All of it; null for none. */
  readonly entrypoint?: readonly string[] | null;
  readonly cmd?: readonly string[] | null;
  readonly shell?: readonly string[] | null;
  /** `80`, `"53/udp"`. Others may be exposed too. */
  readonly expose?: readonly (string | number)[];
  /** Others may be there too. */
  readonly volumes?: readonly string[];
  readonly stopSignal?: string;
  /** As the OCI configuration has it, durations in nanoseconds; null for none. */
  readonly healthcheck?: Healthcheck | null;
  readonly onBuild?: readonly string[] | null;
  /** `linux/amd64` */
  readonly platform?: string;
}

/** Whether a configuration says what it should. */
export function haveConfig(image: ImageUnderTest, expected: ConfigExpectation): Verdict {
  const actual: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(expected)) {
    const there = readers[name as keyof ConfigExpectation](image);
    if (!isAsExpected(there, value)) [actual[name], wanted[name]] = narrow(there, value);
  }
  const names = Object.keys(wanted);
  return {
    pass: names.length === 0,
    what: "to have the configuration",
    reason: names.map((name) => `${name} is ${shown(actual[name])}, not ${shown(wanted[name])}`).join("; "),
    compared: { actual, expected: wanted },
  };
}

const ports = (image: ImageUnderTest): ReadonlySet<string> =>
  new Set(Object.keys(image.config.ExposedPorts ?? {}).map(portText));

const portText = (port: string | number): string =>
  String(port).includes("/") ? String(port) : `${port}/tcp`;

const readers: Readonly<Record<keyof ConfigExpectation, (image: ImageUnderTest) => unknown>> = {
  env: ({ config }) => environment(config.Env ?? []),
  labels: ({ labels }) => labels,
  user: ({ config }) => config.User ?? "",
  workdir: ({ config }) => config.WorkingDir ?? "",
  entrypoint: ({ config }) => config.Entrypoint ?? null,
  cmd: ({ config }) => config.Cmd ?? null,
  shell: ({ config }) => config.Shell ?? null,
  expose: ports,
  volumes: ({ config }) => new Set(Object.keys(config.Volumes ?? {})),
  stopSignal: ({ config }) => config.StopSignal ?? "",
  healthcheck: ({ config }) => config.Healthcheck ?? null,
  onBuild: ({ config }) => config.OnBuild ?? null,
  platform: ({ platform }) => platform,
};

const environment = (lines: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

type Texts = Readonly<Record<string, string | RegExp | undefined>>;

const isTexts = (value: unknown): value is Texts =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Set);

function isAsExpected(actual: unknown, expected: unknown): boolean {
  if (actual instanceof Set)
    return (expected as readonly (string | number)[]).every(
      (one) => actual.has(one) || actual.has(portText(one)),
    );
  if (isTexts(actual) && isTexts(expected) && !("Test" in expected))
    return Object.entries(expected).every(([name, value]) => isText(actual[name], value));
  return isDeepStrictEqual(actual, expected);
}

function isText(actual: unknown, expected: string | RegExp | undefined): boolean {
  if (!(expected instanceof RegExp)) return actual === expected;
  return (
    typeof actual === "string" &&
    new RegExp(expected.source, expected.flags.replace(/[gy]/g, "")).test(actual)
  );
}

/** Of maps only the members that differ: the rest was not asked about. */
function narrow(actual: unknown, expected: unknown): readonly [unknown, unknown] {
  if (actual instanceof Set) return [[...actual].sort(), expected];
  if (!isTexts(actual) || !isTexts(expected) || "Test" in expected) return [actual, expected];
  const names = Object.keys(expected).filter((name) => !isText(actual[name], expected[name]));
  const pick = (from: Texts): Texts => Object.fromEntries(names.map((name) => [name, from[name]]));
  return [pick(actual), pick(expected)];
}

const shown = (value: unknown): string =>
  value === undefined
    ? "unset"
    : JSON.stringify(value, (_, one: unknown) => (one instanceof RegExp ? String(one) : (one ?? null)));
