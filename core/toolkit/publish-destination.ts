import path from "node:path";
import type { WorkspaceConfig } from "../config/load-config.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Host } from "./host.ts";

/** Where to publish to: `ghcr.io/acme`, or `oci:DIR` with an absolute path. Error `USAGE`. */
export function publishDestination(
  asked: string | undefined,
  config: Pick<WorkspaceConfig, "registry" | "directory">,
  { cwd }: Host,
): string {
  const given = asked ?? config.registry;
  if (given === undefined) {
    throw new TsdockError("USAGE", "there is no registry to publish to", {
      hint: "set `registry` in tsdock.config.ts, or give --registry HOST/PATH or --registry oci:DIR",
    });
  }
  if (!given.startsWith("oci:")) return given.replace(/\/+$/, "");
  return `oci:${path.resolve(asked === undefined ? config.directory : cwd, given.slice(4))}`;
}
