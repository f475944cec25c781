import fs from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { SandboxMount } from "../../oci/runtime/sandbox.ts";

/** `chown` leaves what it is given this for. */
const same = -1;

/** Gives a source the owner and mode that its mount names. Error `EXECUTOR_FAILED` where this user may not. */
export function settleOwner({ source, target, owner }: Extract<SandboxMount, { type: "bind" }>): void {
  if (owner === undefined || !fs.existsSync(source)) return;
  const { mode, uid = same, gid = same } = owner;
  try {
    if (uid !== same || gid !== same) fs.chownSync(source, uid, gid);
    // After the owner: a change of that takes set-user-id bits away.
    if (mode !== undefined) fs.chmodSync(source, mode);
  } catch (cause) {
    throw new TsdockError(
      "EXECUTOR_FAILED",
      `what is mounted at ${target} cannot be given to ${uid}:${gid}`,
      {
        hint: "the range of this user in /etc/subuid and /etc/subgid has no such number: choose a lower one",
        cause,
      },
    );
  }
}
