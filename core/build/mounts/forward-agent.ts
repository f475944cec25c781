import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

/** Its path may be longer than the 107 bytes that a socket's address takes. */
export interface ForwardedAgent extends AsyncDisposable {
  readonly socket: string;
}

/**
 * A socket before that of an agent: one whose owner and mode may be set, as the agent's own may not. `directory` does not exist
 * yet, and is nobody else's to enter.
 */
export async function forwardAgent(agent: string, directory: string): Promise<ForwardedAgent> {
  fs.mkdirSync(directory, { mode: 0o700 });
  const entered = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  const open = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    const upstream = net.connect({ path: agent, allowHalfOpen: true });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      // An agent that is gone is a closed connection to the client, which says so.
      from.on("error", () => to.destroy());
      from.on("close", () => open.delete(from));
      from.pipe(to);
    }
  });
  server.listen(`/proc/self/fd/${entered}/agent`);
  await once(server, "listening");
  return {
    socket: path.join(directory, "agent"),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
      fs.closeSync(entered);
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}
