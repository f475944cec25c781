import process from "node:process";
import { HostTools } from "../../build/native/host-tools.ts";
import { newContainerId } from "../state/new-container-id.ts";
import { type IdleSupervisor, prepareSupervisor } from "./start-supervisor.ts";

/** A supervisor that was started before anybody had read the command line. */
interface AheadSupervisor {
  readonly home: string;
  readonly id: string;
  readonly supervisor: IdleSupervisor;
}

let ahead: AheadSupervisor | undefined;

/** Starts the supervisor of a container that will most likely be asked for, on a private network and without input. */
export function startAhead(home: string): void {
  const id = newContainerId();
  const supervisor = prepareSupervisor(home, id, new HostTools(process.env["PATH"] ?? ""), "ignore");
  if (supervisor !== undefined) ahead = { home, id, supervisor };
}

/** Gives it to whoever has a container for it. */
export function takeAhead(home: string): AheadSupervisor | undefined {
  if (ahead?.home !== home) return undefined;
  const taken = ahead;
  ahead = undefined;
  return taken;
}

/** Nobody had. */
export function dropAhead(): void {
  ahead?.supervisor.dismiss();
  ahead = undefined;
}
