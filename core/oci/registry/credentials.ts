import { defaultRegistry } from "../spec/reference.ts";

/**
 * What a registry is told about who is asking. `source` says for people where it was found; secrets are in
 * `password`, `token` only, which never go into a message or an event.
 */
export type Credential =
  | { readonly type: "anonymous"; readonly source: string }
  | { readonly type: "basic"; readonly source: string; readonly username: string; readonly password: string }
  /** A refresh token for the registry's token service. */
  | { readonly type: "identity"; readonly source: string; readonly token: string }
  /** A token that is sent to the registry as it is. */
  | { readonly type: "bearer"; readonly source: string; readonly token: string };

export const anonymous: Credential = { type: "anonymous", source: "no credentials" };

/** Finds credentials. `registry` is that of a reference: `docker.io`, `host[:port]`. */
export interface CredentialsProvider {
  /** Undefined where there are none. Error `CREDENTIALS_INVALID`. */
  find(registry: string, repository: string, signal?: AbortSignal): Promise<Credential | undefined>;
}

/** The first provider that knows the registry. */
export const firstOf = (providers: readonly CredentialsProvider[]): CredentialsProvider => ({
  async find(registry, repository, signal) {
    for (const provider of providers) {
      const found = await provider.find(registry, repository, signal);
      if (found !== undefined) return found;
    }
    return undefined;
  },
});

/** Reads `user:password`; undefined without a colon. A password may have colons. */
export function splitUserPassword(text: string): { username: string; password: string } | undefined {
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** How login tools name Docker Hub. */
const hubNames = ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"];
/** The one that helpers are asked for. */
export const helperServer = (registry: string): string =>
  registry === defaultRegistry ? "https://index.docker.io/v1/" : registry;

/** Whether the key of a docker config (`ghcr.io`, `https://ghcr.io/v2/`) is that registry's. */
export function isKeyOf(key: string, registry: string): boolean {
  if (registry === defaultRegistry && hubNames.includes(key)) return true;
  return hostOfKey(key) === (registry === defaultRegistry ? "index.docker.io" : registry);
}

const hostOfKey = (key: string): string => key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
