import { isInitialNamespace } from "../../build/native/initial-namespace.ts";
import type { RuntimeName } from "../../build/native/native-options.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { knownStarter } from "../sandbox/known-starter.ts";
import { type SuperviseOptions, supervise } from "./supervise.ts";

/** `supervise` with what this process finds out itself. Errors `EXECUTOR_UNAVAILABLE`, `UNSUPPORTED`. */
export async function superviseHere(
  options: Omit<SuperviseOptions, "record" | "starter" | "rootless">,
): Promise<number> {
  const { container, home, tools } = options;
  const record = container.record();
  if (record === undefined) {
    throw new TsdockError("CONTAINER_NOT_FOUND", `the container ${container.id} is gone`, {
      hint: "somebody removed it while it was started",
    });
  }
  const rootless = !isInitialNamespace();
  const runtime = record.runtime as RuntimeName | undefined;
  const starter = await knownStarter({ home, runtime, tools, rootless });
  if (starter === "chroot") {
    throw new TsdockError(
      "UNSUPPORTED",
      "containers need namespaces and mounts, which are not allowed here",
      {
        hint: "allow this container to mount (--privileged), or use a machine that does",
      },
    );
  }
  if (
    starter.name === "kernel" &&
    (record.tty ||
      record.readonlyRoot ||
      Object.keys(record.limits).length > 0 ||
      record.ulimits !== undefined)
  ) {
    throw new TsdockError("UNSUPPORTED", "a terminal, --read-only and limits need an OCI runtime", {
      hint: "install crun, or leave them out",
    });
  }
  return supervise({ ...options, record, starter, rootless });
}
