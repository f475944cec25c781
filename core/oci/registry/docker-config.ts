import { readFile } from "node:fs/promises";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { askHelper } from "./credential-helper.ts";
import { type Credential, type CredentialsProvider, isKeyOf, splitUserPassword } from "./credentials.ts";

/** The part of docker's `config.json` and podman's `auth.json` that is about credentials. */
export interface AuthFile {
  readonly auths?: Readonly<Record<string, AuthEntry>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

interface AuthEntry {
  /** Base64 of `user:password`. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where login tools keep credentials, in the order in which they are asked: docker's, then podman's. */
export function authFiles(env: Environment, home: string): readonly string[] {
  const docker = env.DOCKER_CONFIG || path.join(home, ".docker");
  const config = env.XDG_CONFIG_HOME || path.join(home, ".config");
  return [
    path.join(docker, "config.json"),
    env.REGISTRY_AUTH_FILE,
    env.XDG_RUNTIME_DIR && path.join(env.XDG_RUNTIME_DIR, "containers", "auth.json"),
    path.join(config, "containers", "auth.json"),
  ].filter((file): file is string => file !== undefined && file !== "");
}

/**
 * Credentials of one file. Its helper for the host is asked first, then its store, then its own entries. The file is read
 * once, when first needed; a file that does not exist has none. Error `CREDENTIALS_INVALID`.
 */
export function fileCredentials(file: string, env: Environment): CredentialsProvider {
  let read: Promise<AuthFile> | undefined;
  return {
    async find(registry, repository, signal) {
      read ??= readAuthFile(file);
      const config = await read;
      const helper = helperOf(config, registry);
      if (helper !== undefined) {
        const found = await askHelper({ helper, registry, env, signal });
        if (found !== undefined) return found;
      }
      const [key, entry] = entryFor(config.auths, registry, repository) ?? [];
      return key === undefined || entry === undefined ? undefined : fromEntry(file, key, entry);
    },
  };
}

/** The helper that keeps a registry's credentials, by what a file says; undefined where the file itself does. */
export const helperOf = (config: AuthFile, registry: string): string | undefined =>
  (entryFor(config.credHelpers, registry)?.[1] ?? config.credsStore) || undefined;

/** What a file of credentials says, with all its members; empty where it does not exist. Error `CREDENTIALS_INVALID`. */
export async function readAuthFile(file: string): Promise<AuthFile> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw invalid(file, `cannot be read (${code})`);
  }
  // Docker makes an empty file of what it does not fill.
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The text of the parser's error quotes the file, which has secrets.
    throw invalid(file, "is not JSON");
  }
  if (!isAuthFile(value)) throw invalid(file, "does not have the form of a docker config");
  return value;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isAuthFile(value: unknown): value is AuthFile {
  if (!isRecord(value)) return false;
  const { auths = {}, credsStore = "", credHelpers = {} } = value;
  const entries = isRecord(auths) ? Object.values(auths) : [undefined];
  const helpers = isRecord(credHelpers) ? Object.values(credHelpers) : [undefined];
  return (
    typeof credsStore === "string" &&
    helpers.every((helper) => typeof helper === "string") &&
    entries.every((entry) => isRecord(entry) && isAuthEntry(entry))
  );
}

const fields = ["auth", "username", "password", "identitytoken", "registrytoken"] as const;
const isAuthEntry = (entry: Readonly<Record<string, unknown>>): boolean =>
  fields.every((field) => entry[field] === undefined || typeof entry[field] === "string");

/** The host's own entry, or podman's for the longest path that the repository is in: `ghcr.io/acme`. */
function entryFor<T>(
  entries: Readonly<Record<string, T>> | undefined,
  registry: string,
  repository?: string,
): readonly [string, T] | undefined {
  const all = Object.entries(entries ?? {});
  for (let name = repository ?? ""; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf("/")))) {
    const exact = all.find(([key]) => key === `${registry}/${name}`);
    if (exact !== undefined) return exact;
  }
  return all.find(([key]) => key === registry) ?? all.find(([key]) => isKeyOf(key, registry));
}

function fromEntry(file: string, key: string, entry: AuthEntry): Credential | undefined {
  const source = `${file} (${key})`;
  if (entry.identitytoken) return { type: "identity", source, token: entry.identitytoken };
  if (entry.registrytoken) return { type: "bearer", source, token: entry.registrytoken };
  const pair = entry.auth ? decodeAuth(file, key, entry.auth) : entry;
  const { username, password } = pair;
  // With a credential store docker leaves empty entries behind.
  if (!username || password === undefined) return undefined;
  return { type: "basic", source, username, password };
}

function decodeAuth(file: string, key: string, auth: string): { username: string; password: string } {
  const text = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
  const pair = splitUserPassword(text);
  if (pair === undefined) throw invalid(file, `has an entry for ${key} that is not user:password in base64`);
  return pair;
}

const invalid = (file: string, why: string): TsdockError =>
  new TsdockError("CREDENTIALS_INVALID", `${file} ${why}`, {
    hint: "repair or remove it, then log in again",
  });
