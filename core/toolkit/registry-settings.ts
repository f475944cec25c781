import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { HostOptions } from "../oci/registry/host-options.ts";
import { isRegistryPrefix } from "../oci/spec/reference.ts";
import type { Host } from "./host.ts";

export interface RegistrySettings {
  readonly hosts: Readonly<Record<string, HostOptions>>;
  /** What a name without a host is below: `host[:port][/path]`; undefined for Docker Hub. */
  readonly defaultRegistry: string | undefined;
}

export const defaultRegistryVariable = "TSDOCK_DEFAULT_REGISTRY";

/** The variable comes before the configuration. Error `USAGE`. */
export function defaultRegistryOf(
  configured: string | undefined,
  { env }: Pick<Host, "env">,
): string | undefined {
  const given = env[defaultRegistryVariable];
  if (given === undefined || given === "") return configured;
  if (isRegistryPrefix(given)) return given;
  throw new TsdockError("USAGE", `${defaultRegistryVariable}=${given} is not a registry`, {
    hint: "write host[:port][/path], for example registry.example:5000/hub",
  });
}

/** What the configuration around the working directory, if there is one, says of registries. Errors of `loadConfig`. */
export async function registrySettings(host: Host): Promise<RegistrySettings> {
  const { cwd, self, signal } = host;
  const [{ loadConfig }, { loadDefault }] = await Promise.all([
    import("../config/load-config.ts"),
    import("../analyze/load-default.ts"),
  ]);
  const config = await loadConfig({
    cwd: path.resolve(cwd),
    loadDefault: (file) => loadDefault({ file, self, signal }),
  });
  return {
    hosts: config.registries,
    defaultRegistry: defaultRegistryOf(config.defaultRegistry, host),
  };
}
