import { TsdockError } from "../errors/tsdock-error.ts";
import type { ContainerConfig } from "../oci/spec/image-config.ts";

export interface CommandChoice {
  /** Replaces the image's entrypoint, and its command with it; empty for none. */
  readonly entrypoint?: readonly string[] | undefined;
  /** Replace the image's command. */
  readonly args: readonly string[];
}

/** What a container executes, as docker puts it together. Error `CONTAINER_NO_COMMAND`. */
export function containerCommand(
  config: ContainerConfig,
  { entrypoint, args }: CommandChoice,
): readonly string[] {
  const command = args.length > 0 || entrypoint !== undefined ? args : (config.Cmd ?? []);
  const argv = [...(entrypoint ?? config.Entrypoint ?? []), ...command];
  if (argv.length > 0) return argv;
  throw new TsdockError("CONTAINER_NO_COMMAND", "the image has no command", {
    hint: "give one after the image's name, or declare it with cmd() or entrypoint()",
  });
}

/** The image's variables, then the caller's: a name keeps its first place and its last value. */
export function containerEnvironment(...lists: readonly (readonly string[])[]): readonly string[] {
  const lines = new Map(lists.flat().map((line) => [line.slice(0, line.indexOf("=")), line]));
  return [...lines.values()];
}
