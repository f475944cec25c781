import type { Image } from "tsdock";
import { TsdockError } from "tsdock/plugin";
import type { NodeAppOptions, NodeSpecs } from "../options.ts";
import { buildStage } from "../sandbox/stages.ts";
import { scriptOf } from "../sandbox/script-options.ts";

/** Where the sandbox leaves what the image needs: packages and the app apart. */
const output = "/usr/local/lib/tsdock/standalone";

/**
 * A standalone server of Next on a base: the packages that it reaches, then its own code with what browsers load. Next
 * writes what it renders again beside its code, so that is the user's.
 */
export function nextFiles(base: Image, options: NodeAppOptions, specs: NodeSpecs): Image {
  for (const name of ["entry", "files"] as const)
    refuse(options[name] !== undefined, `${name} of a Next app`);
  refuse(options.build === false, "a Next app that is not built");
  const { modules } = specs;
  const script = scriptOf(options);
  const env = {
    // what hosts of Next set, too: no entry in next.config is needed
    NEXT_PRIVATE_STANDALONE: "true",
    NEXT_PRIVATE_OUTPUT_TRACE_ROOT: modules.to,
    NEXT_TELEMETRY_DISABLED: "1",
    ...script.env,
  };
  const { after } = buildStage(specs, options, {
    script: { ...script, env },
    written: [".next"],
    standalone: output,
  });
  const { user = "1000:1000" } = options;
  return (
    base
      .copy(`${output}/modules`, modules.to, { from: after })
      .copy(`${output}/app`, modules.to, { from: after, chown: user })
      // else the server listens on what container engines call HOSTNAME
      .env({ HOSTNAME: "0.0.0.0" })
  );
}

function refuse(wrong: boolean, what: string): void {
  if (!wrong) return;
  throw new TsdockError("NODE_OPTIONS", `${what} cannot be given`, {
    hint: "Next says itself what its server is made of: leave entry, files and build: false out",
  });
}
