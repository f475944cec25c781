import { createServer } from "node:net";

/** Where nothing listens, now or later: the system gives a port as low as this to nobody who does not ask for it. */
export const nobodyThere = "127.0.0.1:2";

/** A port of loopback that nothing listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
