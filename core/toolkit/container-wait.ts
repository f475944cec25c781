import { setTimeout as sleep } from "node:timers/promises";
import { isRunning } from "../run/stop-container.ts";
import { requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";

const pollMs = 50;

/** Waits until a container has ended and gives its exit code; that of one that removes itself is the last one seen. */
export async function waitForOne(text: string, host: Host): Promise<number> {
  const { container } = await requireContainer(text, host);
  while (isRunning(container)) await sleep(pollMs, undefined, { signal: host.signal });
  return container.state().exitCode;
}
