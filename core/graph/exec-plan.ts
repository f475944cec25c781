import type { ContainerConfig } from "../oci/spec/image-config.ts";
import { applyConfig, readEnvironment, shellForm, writeEnvironment } from "./apply-config.ts";
import type { ExecOperation } from "./operation.ts";
import { resolveFrom } from "./posix-path.ts";

/** What is found where an image sets no PATH, as docker has it. */
export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A command as it is executed: everything that its declaration and its base settle. */
export interface ExecPlan {
  readonly argv: readonly string[];
  /** `NAME=value`, in order. */
  readonly env: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** `user[:group]` as declared; `0:0` where nobody says otherwise. */
  readonly user: string;
}

/** Settles `op` on a base of this configuration. Pure but for functions given to `env`, which are called. */
export function planExec(op: ExecOperation, base: ContainerConfig): ExecPlan {
  const config = applyConfig(base, op.config);
  const environment = { PATH: defaultPath, ...readEnvironment(config.Env), ...op.env };
  return {
    argv: typeof op.command === "string" ? shellForm(op.command, config.Shell) : op.command,
    env: writeEnvironment(environment),
    cwd: resolveFrom(config.WorkingDir ?? "/", op.workdir ?? "."),
    user: op.user ?? (config.User ? config.User : "0:0"),
  };
}
