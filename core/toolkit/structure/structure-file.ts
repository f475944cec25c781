import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import * as v from "valibot";
import { configPlaces } from "../../config/config-places.ts";
import { readJson, readYaml } from "../../config/read-data-file.ts";
import { isTsdockError, throwAll, TsdockError } from "../../errors/tsdock-error.ts";
import { goRegExp } from "../../util/go-regexp.ts";

const text = v.string("must be text");
const words = v.pipe(text, v.nonEmpty("must not be empty"));
const texts = v.array(text, "must be a list");
const truth = v.pipe(
  text,
  v.regex(/^(?:true|false|yes|no|on|off|y|n)$/i, "must be true or false"),
  v.transform((value) => /^(?:true|yes|on|y)$/i.test(value)),
);
const whole = v.pipe(text, v.regex(/^-?\d+$/, "must be a whole number"), v.transform(Number));

const pattern = v.pipe(
  text,
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return goRegExp(dataset.value);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      addIssue({ message: `is a pattern that cannot be used: ${error.message}` });
      return NEVER;
    }
  }),
);
const patterns = v.array(pattern, "must be a list");

const optional = <Schema extends v.GenericSchema>(schema: Schema) => v.optional(v.nullish(schema));
const object = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.strictObject(entries, "is not known here");

/** A value that is compared, or matched where `isRegex` says so. */
const keyValue = v.pipe(
  object({ key: words, value: v.optional(v.nullish(text)), isRegex: optional(truth) }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { key, value, isRegex } = dataset.value;
    if (isRegex !== true) return { key, value: value ?? "", pattern: undefined };
    try {
      return { key, value: value ?? "", pattern: goRegExp(value ?? "") };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      addIssue({ message: `is a pattern that cannot be used: ${error.message}` });
      return NEVER;
    }
  }),
);
const keyValues = v.array(keyValue, "must be a list");
const commands = v.array(v.pipe(texts, v.minLength(1, "must name a command")), "must be a list of commands");

const commandTest = object({
  name: words,
  setup: optional(commands),
  teardown: optional(commands),
  envVars: optional(keyValues),
  command: words,
  args: optional(texts),
  expectedOutput: optional(patterns),
  excludedOutput: optional(patterns),
  expectedError: optional(patterns),
  excludedError: optional(patterns),
  exitCode: optional(whole),
});

const fileExistenceTest = object({
  name: words,
  path: words,
  shouldExist: optional(truth),
  permissions: optional(text),
  uid: optional(whole),
  gid: optional(whole),
  isExecutableBy: optional(
    v.picklist(["owner", "group", "other", "any"], "must be owner, group, other or any"),
  ),
});

const fileContentTest = object({
  name: words,
  path: words,
  expectedContents: optional(patterns),
  excludedContents: optional(patterns),
});

const metadataTest = object({
  envVars: optional(keyValues),
  env: optional(keyValues),
  unboundEnvVars: optional(keyValues),
  labels: optional(keyValues),
  exposedPorts: optional(texts),
  unexposedPorts: optional(texts),
  volumes: optional(texts),
  unmountedVolumes: optional(texts),
  entrypoint: optional(texts),
  cmd: optional(texts),
  workdir: optional(text),
  user: optional(text),
});

const runOptions = object({
  user: optional(text),
  privileged: optional(truth),
  allocateTty: optional(truth),
  envFile: optional(text),
  envVars: optional(texts),
  capabilities: optional(texts),
  bindMounts: optional(texts),
});

const fileSchema = object({
  schemaVersion: words,
  globalEnvVars: optional(keyValues),
  commandTests: optional(v.array(commandTest, "must be a list")),
  fileExistenceTests: optional(v.array(fileExistenceTest, "must be a list")),
  fileContentTests: optional(v.array(fileContentTest, "must be a list")),
  metadataTest: optional(metadataTest),
  licenseTests: optional(v.unknown()),
  containerRunOptions: optional(runOptions),
});

export type KeyValue = v.InferOutput<typeof keyValue>;
export type CommandTest = v.InferOutput<typeof commandTest>;
export type FileExistenceTest = v.InferOutput<typeof fileExistenceTest>;
export type FileContentTest = v.InferOutput<typeof fileContentTest>;
export type MetadataTest = v.InferOutput<typeof metadataTest>;
export type StructureTests = v.InferOutput<typeof fileSchema>;

/**
 * Reads a file of container-structure-test, schema version 2.0.0, in YAML or JSON. Errors `TEST_FILE_INVALID` and
 * `TEST_FILE_UNSUPPORTED` with places, all at once.
 */
export function readStructureFile(file: string): StructureTests {
  const value = readData(file);
  const place = configPlaces(file);
  refuse(value, file, place);
  const result = v.safeParse(fileSchema, value);
  if (result.success) return result.output;
  const errors = result.issues.map((issue) => {
    const keys = (issue.path ?? []).map(({ key }) => String(key));
    const isKey = issue.path?.at(-1)?.origin === "key";
    const message =
      issue.kind === "schema" && issue.type === "strict_object" ? objectProblem(issue) : issue.message;
    return new TsdockError("TEST_FILE_INVALID", `${pathText(keys)} ${message}`, {
      place: place(keys, isKey ? "key" : "value"),
      hint: "docs/testing.md lists what a file of structure tests may say",
    });
  });
  throwAll(errors);
  throw new TypeError("issues without errors");
}

/** Of a strict object valibot says the same for a key too many, a key too few and no object at all. */
function objectProblem({ expected, received }: v.BaseIssue<unknown>): string {
  if (expected === "never") return "is not known here";
  return received === "undefined" ? "must be there" : "must be an object";
}

type Places = ReturnType<typeof configPlaces>;

/** What cannot be tested here must not pass in silence. */
function refuse(value: unknown, file: string, place: Places): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TsdockError("TEST_FILE_INVALID", `${file} does not hold structure tests`, {
      place: place([], "value"),
      hint: 'begin with schemaVersion: "2.0.0"',
    });
  }
  const record = value as Readonly<Record<string, unknown>>;
  const unsupported = (keys: readonly string[], message: string, hint: string): TsdockError =>
    new TsdockError("TEST_FILE_UNSUPPORTED", message, { place: place(keys, "key"), hint });
  const { schemaVersion, licenseTests, containerRunOptions } = record;
  const errors: TsdockError[] = [];
  if (typeof schemaVersion === "string" && schemaVersion !== "2.0.0")
    errors.push(
      unsupported(
        ["schemaVersion"],
        `the schema version is ${schemaVersion}, and only 2.0.0 is read`,
        "write the tests in version 2.0.0",
      ),
    );
  if (Array.isArray(licenseTests) && licenseTests.length > 0)
    errors.push(
      unsupported(
        ["licenseTests"],
        "licenseTests need a classifier of licenses, which is not here",
        "remove them, and use a scanner of licenses",
      ),
    );
  const options = containerRunOptions as Readonly<Record<string, unknown>> | null | undefined;
  if (typeof options === "object" && /^(?:true|yes|on|y)$/i.test(String(options?.["privileged"])))
    errors.push(
      unsupported(
        ["containerRunOptions", "privileged"],
        "a privileged container cannot be had",
        "name the capabilities that the tests need",
      ),
    );
  throwAll(errors);
}

/** Every scalar is text, as it is written: `1.10` must not become 1.1. */
function readData(file: string): unknown {
  let content: string;
  try {
    content = fs.readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new TsdockError("TEST_FILE_INVALID", `${file} cannot be read: ${code}`, {
      hint: "name a file of structure tests, in YAML or JSON",
    });
  }
  try {
    if (path.extname(file) === ".json") return asTexts(readJson(file, content));
    readYaml(file, content);
    const yaml = createRequire(import.meta.url)("js-yaml") as typeof import("js-yaml");
    return asTexts(yaml.load(content, { filename: file, schema: yaml.FAILSAFE_SCHEMA }));
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    const { place, hint } = error;
    throw new TsdockError("TEST_FILE_INVALID", error.message, { place, hint });
  }
}

function asTexts(value: unknown): unknown {
  if (value === null || value === undefined || typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value !== "object") return JSON.stringify(value);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asTexts(one)]));
}

const pathText = (keys: readonly string[]): string =>
  keys.length === 0
    ? "the file"
    : keys
        .map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`))
        .join("")
        .replace(/^\./, "");
