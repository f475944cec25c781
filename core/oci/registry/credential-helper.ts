import { spawn } from "node:child_process";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { type Credential, helperServer } from "./credentials.ts";

export interface HelperRequest {
  /** `pass` for the program `docker-credential-pass`. */
  readonly helper: string;
  readonly registry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

const notFound = /credentials not found/i;
const outputLimit = 1024 * 1024;

/**
 * Asks a credential helper (docker's protocol: the server on stdin, JSON on stdout). Undefined where it knows none.
 * Error `CREDENTIALS_INVALID` where it is missing or fails.
 */
export async function askHelper(request: HelperRequest): Promise<Credential | undefined> {
  const output = await talk(request, "get", `${helperServer(request.registry)}\n`);
  return output === undefined ? undefined : parseAnswer(programOf(request.helper), output);
}

/** Gives a credential helper a password to keep. Error `CREDENTIALS_INVALID`. */
export async function storeInHelper(
  request: HelperRequest,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  const entry = { ServerURL: helperServer(request.registry), Username: username, Secret: password };
  await talk(request, "store", JSON.stringify(entry));
}

/** Lets a credential helper forget a registry; it need not know it. Error `CREDENTIALS_INVALID`. */
export async function eraseFromHelper(request: HelperRequest): Promise<void> {
  await talk(request, "erase", `${helperServer(request.registry)}\n`);
}

/** The name of a helper's program. */
export const programOf = (helper: string): string => `docker-credential-${helper}`;

/** What the helper prints; undefined where it does not know the registry. */
async function talk(
  request: HelperRequest,
  action: "get" | "store" | "erase",
  input: string,
): Promise<string | undefined> {
  const { helper, registry, signal } = request;
  const program = programOf(helper);
  if (!/^[\w.-]+$/.test(helper)) throw invalid(program, "is not the name of a helper");
  const { code, output, errors } = await run(program, action, input, request);
  signal?.throwIfAborted();
  if (code === 0) return output;
  // By protocol stdout has the message of a failure; what a helper prints on success is a secret.
  const said = `${output}\n${errors}`.trim();
  if (notFound.test(said)) return undefined;
  throw invalid(program, `failed for ${registry} (exit code ${code})`, said);
}

function parseAnswer(program: string, output: string): Credential | undefined {
  let answer: { Username?: unknown; Secret?: unknown } | null;
  try {
    answer = JSON.parse(output) as typeof answer;
  } catch {
    // The text of the parser's error quotes its input, which is a secret.
    throw invalid(program, "did not answer with JSON");
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof username !== "string" || typeof secret !== "string") {
    throw invalid(program, "answered without Username and Secret");
  }
  if (secret === "") return undefined;
  return username === "<token>"
    ? { type: "identity", source: program, token: secret }
    : { type: "basic", source: program, username, password: secret };
}

const invalid = (program: string, why: string, details?: string): TsdockError =>
  new TsdockError("CREDENTIALS_INVALID", `the credential helper ${program} ${why}`, {
    hint: "repair it, or name another in credsStore or credHelpers of the docker config",
    details: details === "" ? undefined : details,
  });

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function run(
  program: string,
  action: string,
  input: string,
  { env, signal }: HelperRequest,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [action], {
      env: { ...env },
      stdio: ["pipe", "pipe", "pipe"],
      ...(signal === undefined ? {} : { signal }),
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    collect(child.stdout, output);
    collect(child.stderr, errors);
    child.on("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "ENOENT" ? "is not installed" : `cannot be started (${error.code ?? error.name})`;
      reject(signal?.aborted === true ? (signal.reason as Error) : invalid(program, why));
    });
    child.on("close", (code) => {
      const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString("utf8");
      resolve({ code: code ?? 1, output: text(output), errors: text(errors) });
    });
    // A helper that exits without reading closes the pipe; its exit code says what happened.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

function collect(stream: NodeJS.ReadableStream, into: Buffer[]): void {
  let length = 0;
  stream.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= outputLimit) into.push(chunk);
  });
}
