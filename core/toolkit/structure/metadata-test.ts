import { isDeepStrictEqual } from "node:util";
import type { ImageUnderTest } from "../image-under-test.ts";
import { environmentOf } from "./expand-variables.ts";
import type { KeyValue, MetadataTest } from "./structure-file.ts";

/** Everything that is wrong with the configuration. */
export function metadata({ config, labels }: ImageUnderTest, test: MetadataTest): readonly string[] {
  const env = environmentOf(config.Env ?? []);
  const ports = Object.keys(config.ExposedPorts ?? {});
  const exposed = new Set(ports.flatMap((port) => [port, port.split("/")[0] ?? port]));
  const volumes = new Set(Object.keys(config.Volumes ?? {}));
  return [
    ...values("the variable", env, [...(test.envVars ?? []), ...(test.env ?? [])]),
    ...(test.unboundEnvVars ?? []).flatMap(({ key }) => (env.has(key) ? [`the variable ${key} is set`] : [])),
    ...values("the label", new Map(Object.entries(labels)), test.labels ?? []),
    ...list("the entrypoint", config.Entrypoint, test.entrypoint),
    ...list("the command", config.Cmd, test.cmd),
    ...one("the working directory", config.WorkingDir, test.workdir),
    ...one("the user", config.User, test.user),
    ...(test.exposedPorts ?? []).flatMap((port) =>
      exposed.has(port) ? [] : [`the port ${port} is not exposed`],
    ),
    ...(test.unexposedPorts ?? []).flatMap((port) =>
      exposed.has(port) ? [`the port ${port} is exposed`] : [],
    ),
    ...(test.volumes ?? []).flatMap((path) => (volumes.has(path) ? [] : [`there is no volume ${path}`])),
    ...(test.unmountedVolumes ?? []).flatMap((path) =>
      volumes.has(path) ? [`there is a volume ${path}`] : [],
    ),
  ];
}

const values = (
  what: string,
  actual: ReadonlyMap<string, string>,
  expected: readonly KeyValue[],
): readonly string[] =>
  expected.flatMap(({ key, value, pattern }) => {
    const there = actual.get(key);
    if (there === undefined) return [`${what} ${key} is not set`];
    if (pattern !== undefined)
      return pattern.test(there) ? [] : [`${what} ${key} is ${there}, which does not match ${value}`];
    return there === value ? [] : [`${what} ${key} is ${there}, not ${value}`];
  });

const list = (
  what: string,
  actual: readonly string[] | undefined,
  expected: readonly string[] | null | undefined,
): readonly string[] =>
  expected === undefined || expected === null || isDeepStrictEqual(actual ?? [], expected)
    ? []
    : [`${what} is ${JSON.stringify(actual ?? [])}, not ${JSON.stringify(expected)}`];

const one = (what: string, actual = "", expected: string | null | undefined): readonly string[] =>
  expected === undefined || expected === null || expected === "" || actual === expected
    ? []
    : [`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
