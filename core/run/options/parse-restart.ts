import { TsdockError } from "../../errors/tsdock-error.ts";
import type { RestartPolicy } from "../state/container-record.ts";

const names = ["no", "always", "on-failure", "unless-stopped"] as const;

/** `no`, `always`, `unless-stopped`, `on-failure[:N]`. Error `USAGE`. */
export function parseRestart(text: string): RestartPolicy {
  const [, word = "", count] = /^([a-z-]+)(?::(\d+))?$/.exec(text) ?? [];
  const name = names.find((one) => one === word);
  if (name === undefined || (count !== undefined && name !== "on-failure")) {
    throw new TsdockError("USAGE", `--restart ${text} is no policy`, {
      hint: "one of no, always, unless-stopped, on-failure and on-failure:N",
    });
  }
  return { name, maximumRetryCount: Number(count ?? 0) };
}
