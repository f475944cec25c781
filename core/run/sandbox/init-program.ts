import fs from "node:fs";
import type { HostTools } from "../../build/native/host-tools.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { SandboxMount } from "../../oci/runtime/sandbox.ts";

/** Where it is in the container, as docker has it. */
const place = "/sbin/docker-init";
/** Linked statically, so that they run in any image. */
const programs = ["docker-init", "tini-static", "catatonit"];

/** The first process of a container with `--init`: it reaps and passes signals on. Error `UNSUPPORTED`. */
export function initProgram(tools: HostTools): {
  readonly mount: SandboxMount;
  readonly argv: readonly string[];
} {
  const found = programs.map((name) => tools.find(name)).find((program) => program !== undefined);
  if (found === undefined) {
    throw new TsdockError(
      "UNSUPPORTED",
      `--init needs one of ${programs.join(", ")}, and none is installed`,
      {
        hint: "install tini or catatonit",
      },
    );
  }
  const source = fs.realpathSync(found);
  return { mount: { type: "bind", source, target: place, readonly: true }, argv: [place, "--"] };
}
