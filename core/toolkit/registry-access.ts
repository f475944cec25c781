import os from "node:os";
import type { CredentialsProvider } from "../oci/registry/credentials.ts";
import type { HostOptions } from "../oci/registry/host-options.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import type { Host } from "./host.ts";

export interface RegistryAccess extends AsyncDisposable {
  /** Made at the first call: most builds talk to no registry. */
  readonly get: () => Promise<RegistryClient>;
}

/** One client for a whole action, with the credentials (unless others are given) and proxies of the host. */
export function createRegistryAccess(
  host: Host,
  hosts: Readonly<Record<string, HostOptions>>,
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
      hosts,
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
      await (await client)?.[Symbol.asyncDispose]();
    },
  };
}
