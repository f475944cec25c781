import { TsdockError } from "../../errors/tsdock-error.ts";
import type { BuildOptions } from "../build-images.ts";
import { platformOrHost, storeName } from "../find-image.ts";
import type { Host } from "../host.ts";
import { runtimeNamed } from "../lazy-executor.ts";
import { type Output, parseOutput } from "../outputs.ts";
import { readSecrets, readSshAgents } from "../step-inputs.ts";
import { below } from "./scope.ts";

/** Everything that can be said of the command line alone is said at once. */
export function checkOptions(options: Omit<BuildOptions, "verify">, host: Host): readonly Output[] {
  options.tags.map(storeName);
  options.platforms.map(platformOrHost);
  readSecrets(options.secrets, host);
  readSshAgents(options.ssh, host);
  runtimeNamed(options.runtime);
  return options.outputs.map((text) => {
    const output = parseOutput(text, host);
    if (output.destination !== undefined) return output;
    throw new TsdockError("USAGE", `--output ${text}: each round would write to standard output`, {
      hint: "name a file or a directory: dest=PATH",
    });
  });
}

/** What builds write. Error `USAGE` where the workspace is in it: each round would be the cause of the next. */
export function destinationsOf(outputs: readonly Output[], workspace: string): readonly string[] {
  const destinations = outputs.flatMap(({ destination = [] }) => destination);
  const around = destinations.find((one) => below(one, workspace) !== undefined);
  if (around === undefined) return destinations;
  throw new TsdockError("USAGE", `--output writes to ${around}, which holds what is watched`, {
    hint: "write to a directory beside the workspace, or to one in it that holds nothing else",
  });
}
