import os from "node:os";
import type { CredentialsProvider } from "../oci/registry/credentials.ts";
import type { HostOptions } from "../oci/registry/host-options.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import { inRegistry } from "../oci/spec/reference.ts";
import type { Host } from "./host.ts";
import { type RegistrySettings, registrySettings } from "./registry-settings.ts";

export interface RegistryAccess extends AsyncDisposable {
  /** Made at the first call: most builds talk to no registry. */
  readonly get: () => Promise<RegistryClient>;
}

type HostSettings = Readonly<Record<string, HostOptions>>;

export interface ConfiguredAccess extends RegistryAccess {
  /** A name as registries know it: one without a host is below the default registry. */
  readonly wholeName: (text: string) => Promise<string>;
}

/** The same with what the configuration around the working directory says of registries; it is read when it is needed. */
export function createConfiguredAccess(host: Host, credentials?: CredentialsProvider): ConfiguredAccess {
  let read: Promise<RegistrySettings> | undefined;
  const settings = (): Promise<RegistrySettings> => (read ??= registrySettings(host));
  return {
    ...createRegistryAccess(host, async () => (await settings()).hosts, credentials),
    wholeName: async (text) => inRegistry(text, (await settings()).defaultRegistry),
  };
}

/** One client for a whole action, with the credentials (unless others are given) and proxies of the host. */
export function createRegistryAccess(
  host: Host,
  hosts: HostSettings | (() => Promise<HostSettings>),
  credentials?: CredentialsProvider,
): RegistryAccess {
  let client: Promise<RegistryClient> | undefined;
  const create = async (): Promise<RegistryClient> => {
    const [{ RegistryClient }, { defaultCredentials }] = await Promise.all([
      import("../oci/registry/client.ts"),
      import("../oci/registry/default-credentials.ts"),
    ]);
    const { env } = host;
    const proxy = (name: string) => env[name.toLowerCase()] ?? env[name];
    const [http, https, none] = [proxy("HTTP_PROXY"), proxy("HTTPS_PROXY"), proxy("NO_PROXY")];
    return new RegistryClient({
      hosts: typeof hosts === "function" ? await hosts() : hosts,
      emit: host.emit,
      credentials: credentials ?? defaultCredentials(env, env["HOME"] ?? os.homedir()),
      proxy: {
        ...(http === undefined ? {} : { http }),
        ...(https === undefined ? {} : { https }),
        ...(none === undefined ? {} : { none }),
      },
    });
  };
  return {
    get: () => (client ??= create()),
    async [Symbol.asyncDispose]() {
      // Whoever asked for it knows why there is none.
      const made = await client?.catch(() => undefined);
      await made?.[Symbol.asyncDispose]();
    },
  };
}
