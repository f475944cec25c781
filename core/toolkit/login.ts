import os from "node:os";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import type { Credential } from "../oci/registry/credentials.ts";
import { authFiles } from "../oci/registry/docker-config.ts";
import { defaultRegistry, isRegistry } from "../oci/spec/reference.ts";
import type { Host } from "./host.ts";
import { registrySettings } from "./registry-settings.ts";
import { createConfiguredAccess } from "./registry-access.ts";

export interface LoginRequest {
  /** `host[:port]`, with `https://` or a path if need be; the default registry unless given. */
  readonly server: string | undefined;
  /** Gives the name and the password; asked for only where no known credentials do. */
  readonly ask: () => Promise<{ readonly username: string; readonly password: string }>;
  /** Tries what is known already before it asks. */
  readonly tryKnown: boolean;
}

export interface LoginResult {
  readonly registry: string;
  /** Where the password is now; `known` where it was there already. */
  readonly kept: "known" | { readonly helper: string } | { readonly file: string };
  /** False for a registry that asks nobody: nothing could be verified. */
  readonly verified: boolean;
}

/** Proves a name and a password to a registry, and keeps them as `docker login` does. */
export async function login(request: LoginRequest, host: Host): Promise<LoginResult> {
  const registry = await registryOf(request.server, host);
  if (request.tryKnown) {
    const verified = await tryKnown(registry, host);
    if (verified) return { registry, kept: "known", verified };
  }
  const { username, password } = await request.ask();
  const verified = await verify(
    registry,
    { type: "basic", source: "what was given", username, password },
    host,
  );
  const { keepCredentials } = await import("../oci/registry/keep-credentials.ts");
  const keep = { file: configFile(host), registry, env: host.env, signal: host.signal };
  return { registry, kept: await keepCredentials(keep, { username, password }), verified };
}

/** Forgets what `login` kept. */
export async function logout(
  { server }: { readonly server: string | undefined },
  host: Host,
): Promise<{ readonly registry: string; readonly known: boolean }> {
  const registry = await registryOf(server, host);
  const { forgetCredentials } = await import("../oci/registry/keep-credentials.ts");
  const keep = { file: configFile(host), registry, env: host.env, signal: host.signal };
  const known = await forgetCredentials(keep);
  await warnOfOthers(registry, host);
  return { registry, known };
}

/** Error `USAGE`. */
async function registryOf(server: string | undefined, host: Host): Promise<string> {
  if (server === undefined || server === "") {
    const { defaultRegistry: other } = await registrySettings(host);
    return other?.split("/")[0] ?? defaultRegistry;
  }
  const name = server.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  if (!isRegistry(name))
    throw new TsdockError("USAGE", `${server} is not a registry`, {
      hint: "write HOST[:PORT], for example ghcr.io",
    });
  return ["index.docker.io", "registry-1.docker.io"].includes(name) ? defaultRegistry : name;
}

const homeOf = ({ env }: Host): string => env["HOME"] ?? os.homedir();
/** The first of the files that are asked is docker's own. */
const configFile = (host: Host): string => authFiles(host.env, homeOf(host))[0] ?? "";

async function verify(registry: string, credential: Credential, host: Host): Promise<boolean> {
  await using access = createConfiguredAccess(host, { find: () => Promise.resolve(credential) });
  return await (await access.get()).authenticate(registry, host.signal);
}

async function knownCredential(registry: string, host: Host): Promise<Credential | undefined> {
  const { defaultCredentials } = await import("../oci/registry/default-credentials.ts");
  return defaultCredentials(host.env, homeOf(host)).find(registry, "", host.signal);
}

/** Whether credentials are known that the registry still takes. */
async function tryKnown(registry: string, host: Host): Promise<boolean> {
  const credential = await knownCredential(registry, host);
  if (credential === undefined) return false;
  try {
    return await verify(registry, credential, host);
  } catch (error) {
    const refused = isTsdockError(error) && ["REGISTRY_UNAUTHORIZED", "REGISTRY_DENIED"].includes(error.code);
    if (!refused) throw error;
    host.emit({
      type: "warning",
      code: "LOGIN_REFUSED",
      message: `${registry} does not take what is known from ${credential.source}`,
    });
    return false;
  }
}

async function warnOfOthers(registry: string, host: Host): Promise<void> {
  const left = await knownCredential(registry, host);
  if (left === undefined) return;
  host.emit({
    type: "warning",
    code: "STILL_LOGGED_IN",
    message: `credentials for ${registry} are still found in ${left.source}`,
  });
}
