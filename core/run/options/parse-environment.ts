import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `NAME=VALUE` as it is, `NAME` with the value that we have; without one it is left out. Error `ENV_INVALID`. */
export function environmentEntry(text: string, env: Environment, place?: string): readonly string[] {
  const [name = ""] = text.split("=", 1);
  if (text.includes("\0")) {
    throw new TsdockError(
      "ENV_INVALID",
      `${place ?? "--env"}: ${JSON.stringify(name)} has a byte of zero in it`,
      {
        hint: "no variable can have one: take it out, or encode the value",
      },
    );
  }
  if (name === "" || (place !== undefined && /\s/.test(name))) {
    throw new TsdockError("ENV_INVALID", `${place ?? "--env"}: ${JSON.stringify(text)} has no valid name`, {
      hint: "write NAME=VALUE, or NAME to pass on the value that you have",
    });
  }
  if (text.includes("=")) return [text];
  const value = env[name];
  return value === undefined ? [] : [`${name}=${value}`];
}

/** The lines of an `--env-file`, as docker reads them: no quotes, `#` begins a comment at the start of a line only. */
export function readEnvironmentFile(file: string, cwd: string, env: Environment): readonly string[] {
  const absolute = path.resolve(cwd, file);
  let text: string;
  try {
    text = fs.readFileSync(absolute, "utf8");
  } catch (cause) {
    throw new TsdockError("ENV_INVALID", `--env-file ${file} cannot be read: ${(cause as Error).message}`, {
      hint: "correct the path",
      cause,
    });
  }
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s+/, ""))
    .flatMap((line, index) =>
      line === "" || line.startsWith("#") ? [] : environmentEntry(line, env, `${file}:${index + 1}`),
    );
}
