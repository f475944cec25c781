/** Says what is wrong with a value; undefined where it is as it must be. Null is none, as docker writes it. */
type Check = (value: unknown) => string | undefined;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text: Check = (value) => (typeof value === "string" ? undefined : "is not text");
const integer: Check = (value) => (Number.isSafeInteger(value) ? undefined : "is not a whole number");
const texts: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === "string") ? undefined : "is not a list of text";
const names: Check = (value) => (isObject(value) ? undefined : "is not an object");
const labels: Check = (value) =>
  isObject(value) && Object.values(value).every((one) => typeof one === "string")
    ? undefined
    : "is not an object of text";

const healthcheck: Readonly<Record<string, Check>> = {
  Test: texts,
  Interval: integer,
  Timeout: integer,
  StartPeriod: integer,
  StartInterval: integer,
  Retries: integer,
};

const members: Readonly<Record<string, Check>> = {
  User: text,
  ExposedPorts: names,
  Env: texts,
  Entrypoint: texts,
  Cmd: texts,
  Volumes: names,
  WorkingDir: text,
  Labels: labels,
  StopSignal: text,
  Healthcheck: (value) => problemOf(value, healthcheck),
  OnBuild: texts,
  Shell: texts,
};

function problemOf(value: unknown, checks: Readonly<Record<string, Check>>): string | undefined {
  if (!isObject(value)) return "is not an object";
  for (const [name, check] of Object.entries(checks)) {
    const member = value[name];
    const problem = member === undefined || member === null ? undefined : check(member);
    if (problem !== undefined) return `${name} ${problem}`;
  }
  return undefined;
}

/** What keeps the `config` of an image's configuration from being one (OCI image-spec, config.md); undefined where it is. */
export const configProblem = (config: unknown): string | undefined =>
  config === undefined || config === null ? undefined : problemOf(config, members);
