import fs from "node:fs";
import { quote } from "../../build/native/sandbox-script.ts";
import type { TsdockError } from "../../errors/tsdock-error.ts";
import type { Reservation } from "./contract.ts";
import { needProgram, programFailure } from "./system/run-program.ts";

/** The variable of the shell that has the process. */
export const joiningProcess = "joining";

/**
 * For a shell in a container's namespaces that has those of the bridges as descriptor 5: begins to connect the container, so that
 * nobody else must start programs for it. The process that does it fails where that fails; `log` is a file for what is said then.
 * Undefined where only this process gets at the bridges.
 */
export function joiningScript(reservation: Reservation, log: string): string | undefined {
  const outside = reservation.outsideLines("/proc/1/ns/net");
  if (outside === undefined) return undefined;
  const [enter, ip] = [needProgram("nsenter"), needProgram("ip")].map(quote);
  return [
    "({",
    `${enter} --net=/proc/self/fd/5 -- ${ip} -batch - <<'end' &&`,
    ...outside,
    "end",
    `${ip} -batch - <<'end'`,
    ...reservation.insideLines,
    "end",
    `} 2>${quote(log)} || exit 1`,
    // Warnings are no failure.
    `: >${quote(log)}) &`,
    `${joiningProcess}=$!`,
    "exec 5<&-",
  ].join("\n");
}

/** Why such a script ended the shell; undefined where it did not. Code `NETWORK_FAILED`. */
export function joiningFailure(log: string): TsdockError | undefined {
  const said = fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim() : "";
  return said === "" ? undefined : programFailure(["ip"], said);
}
