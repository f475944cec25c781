import type { Host } from "../host.ts";
import type { ImageUnderTest } from "../image-under-test.ts";
import { type CapturedCommand, type CapturedRun, CommandSequence } from "../run-captured.ts";
import { environmentOf, expandVariables } from "./expand-variables.ts";
import type { CommandTest, StructureTests } from "./structure-file.ts";

export interface CommandVerdict extends CapturedRun {
  readonly errors: readonly string[];
}

/**
 * Runs the commands of a test one after the other, each in a container of its own on the files that the one before left; entrypoints
 * are left out. Exit codes of `setup` and `teardown` do not count. Errors where a container cannot be started.
 */
export async function commandTest(
  image: ImageUnderTest,
  test: CommandTest,
  file: StructureTests,
  host: Host,
): Promise<CommandVerdict> {
  const imageEnv = environmentOf(image.config.Env ?? []);
  const expand = (vars: CommandTest["envVars"], env: ReadonlyMap<string, string>): readonly string[] =>
    (vars ?? []).map(({ key, value }) => `${key}=${expandVariables(value, env)}`);
  const globals = expand(file.globalEnvVars, imageEnv);
  const withGlobals = new Map([...imageEnv, ...environmentOf(globals)]);
  const common = {
    ...runOptions(file),
    env: [...globals, ...expand(test.envVars, withGlobals), ...passedOn(file, host)],
  };
  const argv = [test.command, ...(test.args ?? [])].map((word) => expandVariables(word, withGlobals));
  await using sequence = new CommandSequence(image.asRunnable(), host);
  for (const command of test.setup ?? []) await sequence.run({ ...common, argv: command });
  const result = await sequence.run({ ...common, argv });
  for (const command of test.teardown ?? []) await sequence.run({ ...common, argv: command });
  return { ...result, errors: outputErrors(test, result) };
}

const commandTimeoutMs = 300_000;

function runOptions({ containerRunOptions }: StructureTests): Omit<CapturedCommand, "argv" | "env"> {
  const { user, allocateTty, envFile, capabilities, bindMounts } = containerRunOptions ?? {};
  return {
    timeoutMs: commandTimeoutMs,
    envFiles: typeof envFile === "string" && envFile !== "" ? [envFile] : [],
    user: user ?? undefined,
    tty: allocateTty ?? false,
    capAdd: capabilities ?? [],
    volumes: bindMounts ?? [],
    online: true,
  };
}

/** Variables of ours that are set and not empty. */
const passedOn = ({ containerRunOptions }: StructureTests, { env }: Host): readonly string[] =>
  (containerRunOptions?.envVars ?? []).flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []));

function outputErrors(test: CommandTest, { stdout, stderr, exitCode }: CapturedRun): readonly string[] {
  const wanted = test.exitCode ?? 0;
  return [
    ...matches("standard error", stderr, test.expectedError, test.excludedError),
    ...matches("standard output", stdout, test.expectedOutput, test.excludedOutput),
    ...(exitCode === wanted ? [] : [`it ended with ${exitCode}, not ${wanted}`]),
  ];
}

const matches = (
  what: string,
  text: string,
  expected: CommandTest["expectedOutput"],
  excluded: CommandTest["excludedOutput"],
): readonly string[] => [
  ...(expected ?? []).flatMap((one) => (one.test(text) ? [] : [`nothing in ${what} matches ${one.source}`])),
  ...(excluded ?? []).flatMap((one) =>
    one.test(text) ? [`something in ${what} matches ${one.source}`] : [],
  ),
];
