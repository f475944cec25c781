import fs from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { ProcessLimit } from "../../oci/runtime/sandbox.ts";

/** proc(5), /proc/pid/limits: what setrlimit(2) calls each of its lines. */
const lines: Readonly<Record<string, string>> = {
  RLIMIT_CORE: "core file size",
  RLIMIT_CPU: "cpu time",
  RLIMIT_DATA: "data size",
  RLIMIT_FSIZE: "file size",
  RLIMIT_LOCKS: "file locks",
  RLIMIT_MEMLOCK: "locked memory",
  RLIMIT_MSGQUEUE: "msgqueue size",
  RLIMIT_NICE: "nice priority",
  RLIMIT_NOFILE: "open files",
  RLIMIT_NPROC: "processes",
  RLIMIT_RSS: "resident set",
  RLIMIT_RTPRIO: "realtime priority",
  RLIMIT_RTTIME: "realtime timeout",
  RLIMIT_SIGPENDING: "pending signals",
  RLIMIT_STACK: "stack size",
};

/** capabilities(7), CAP_SYS_RESOURCE. */
const sysResource = 1n << 24n;

/**
 * Refuses limits above those of this process where the kernel would: a container is its descendant, and only who has CAP_SYS_RESOURCE
 * raises a hard limit. `limits` and `status` are the texts of proc(5). Error `LIMIT_UNAVAILABLE`.
 */
export function checkUlimits(
  wanted: readonly ProcessLimit[],
  limits = fs.readFileSync("/proc/self/limits", "latin1"),
  status = fs.readFileSync("/proc/self/status", "latin1"),
): void {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  if ((effective & sysResource) !== 0n) return;
  for (const { type, hard } of wanted) {
    const own = new RegExp(`^Max ${lines[type] ?? ""} +\\S+ +(\\S+)`, "m").exec(limits)?.[1];
    const most = own === "unlimited" || own === undefined ? Number.POSITIVE_INFINITY : Number(own);
    if ((hard < 0 ? Number.POSITIVE_INFINITY : hard) <= most) continue;
    const name = type.slice("RLIMIT_".length).toLowerCase();
    throw new TsdockError(
      "LIMIT_UNAVAILABLE",
      `--ulimit ${name}=${hard}: this process may have no more than ${most} itself, and without CAP_SYS_RESOURCE the kernel lets nobody raise that`,
      { hint: `give at most ${name}=${most}, or raise the limit of the shell or service that starts tsdock` },
    );
  }
}
