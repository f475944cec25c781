import fs from "node:fs";
import path from "node:path";
import type { SecretReader } from "../build/operation-handler.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Host } from "./host.ts";

const usage = (message: string, hint: string): TsdockError => new TsdockError("USAGE", message, { hint });

/** SOURCE_DATE_EPOCH in seconds; 0 where it is not set (reproducible-builds.org). */
export function clampTime(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  const seconds = Number(text);
  // Tar headers and histories end before the year 10000.
  if (Number.isSafeInteger(seconds) && seconds >= 0 && seconds < 253_402_300_800) return seconds;
  throw usage(
    `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}`,
    "set it to whole seconds since 1970, or unset it",
  );
}

const proxyNames = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

/** The proxy variables of this machine in both cases: given to RUN, never keyed, never in an image. */
export function proxyEnvironment(env: Host["env"]): Readonly<Record<string, string>> {
  const names = proxyNames.flatMap((name) => [name, name.toLowerCase()]);
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** `id=NAME,src=FILE`, `id=NAME,env=VARIABLE`, or `id=NAME` for the variable of that name, else the file: as buildx has it. */
export function readSecrets(specs: readonly string[], host: Host): ReadonlyMap<string, SecretReader> {
  return new Map(specs.map((spec) => secret(spec, host)));
}

function secret(spec: string, host: Host): readonly [string, SecretReader] {
  const fields = new Map(
    spec.split(",").map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, Math.max(0, at)), part.slice(at + 1)] as const;
    }),
  );
  const unknown = [...fields.keys()].find((key) => !["id", "src", "source", "env", "type"].includes(key));
  const id = fields.get("id");
  if (id === undefined || id === "" || unknown !== undefined) {
    throw usage(`--secret ${spec} is not understood`, "write id=NAME,src=FILE or id=NAME,env=VARIABLE");
  }
  const source = fields.get("src") ?? fields.get("source");
  const variable = fields.get("env") ?? (source === undefined && host.env[id] !== undefined ? id : undefined);
  if (variable !== undefined) return [id, () => Promise.resolve(fromVariable(id, variable, host))];
  const file = path.resolve(host.cwd, source ?? id);
  if (!fs.existsSync(file))
    throw usage(`the file ${file} of the secret ${id} does not exist`, "check the path after src=");
  return [id, () => readSecretFile(id, file)];
}

function fromVariable(id: string, variable: string, host: Host): Uint8Array {
  const value = host.env[variable];
  if (value === undefined)
    throw usage(`the variable ${variable} of the secret ${id} is not set`, "set it, or give src=FILE");
  return Buffer.from(value);
}

async function readSecretFile(id: string, file: string): Promise<Uint8Array> {
  try {
    return await fs.promises.readFile(file);
  } catch (error) {
    throw usage(
      `the file ${file} of the secret ${id} cannot be read: ${(error as Error).message}`,
      "check the path and its permissions",
    );
  }
}

/** `default` is the agent of SSH_AUTH_SOCK; `NAME=SOCKET` another. */
export function readSshAgents(specs: readonly string[], host: Host): ReadonlyMap<string, string> {
  return new Map(
    specs.map((spec) => {
      const at = spec.indexOf("=");
      const id = at < 0 ? spec : spec.slice(0, at);
      const socket = at < 0 ? host.env["SSH_AUTH_SOCK"] : path.resolve(host.cwd, spec.slice(at + 1));
      if (socket === undefined)
        throw usage(`--ssh ${spec}: SSH_AUTH_SOCK is not set`, "start an agent, or give NAME=SOCKET");
      if (!(fs.statSync(socket, { throwIfNoEntry: false })?.isSocket() ?? false)) {
        throw usage(`--ssh ${spec}: ${socket} is no socket`, "give the socket of an ssh agent");
      }
      return [id, socket] as const;
    }),
  );
}
