import type { ContainerConfig } from "../../core/oci/spec/image-config.ts";

const defaults = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

/** BuildKit writes down what holds anyway: docs/export.md. */
export function withoutDefaults(given: ContainerConfig & { readonly ArgsEscaped?: boolean }): object {
  const { Env = [], WorkingDir = "/", User = "", ...config } = given;
  const told = Object.entries(config).filter(([name, value]) => Boolean(value) && name !== "ArgsEscaped");
  return {
    ...Object.fromEntries(told),
    Env: Env.filter((line) => !defaults.includes(line)),
    WorkingDir,
    User: User === "0:0" ? "" : User,
  };
}
