import { setTimeout as sleep } from "node:timers/promises";
import { TsdockError } from "../errors/tsdock-error.ts";
import { registerWaiter } from "../run/state/waiters.ts";
import { isRunning } from "../run/stop-container.ts";
import { requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";

const pollMs = 50;

/** Waits until a container has ended and gives its exit code, also that of one that removes itself. */
export async function waitForOne(text: string, host: Host): Promise<number> {
  const { home, container, record } = await requireContainer(text, host);
  using waiter = registerWaiter(home, record.id);
  for (;;) {
    const running = isRunning(container);
    const told = waiter.told();
    if (told !== undefined) return told;
    if (!running && container.record() !== undefined) return container.state().exitCode;
    if (!running) throw gone(text);
    await sleep(pollMs, undefined, { signal: host.signal });
  }
}

const gone = (text: string): TsdockError =>
  new TsdockError("CONTAINER_NOT_FOUND", `the container ${text} was removed before it could be waited for`, {
    hint: "wait for it while it runs",
  });
