import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RegistryClient } from "../../../core/oci/registry/client.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";

describe("many requests to one host", () => {
  it("wait for one another", async () => {
    let running = 0;
    let most = 0;
    const server = createServer((request, response) => {
      running += 1;
      most = Math.max(most, running);
      void delay(5).then(() => {
        running -= 1;
        const digest = `sha256:${"a".repeat(64)}`;
        const headers = {
          "content-type": mediaTypes.manifest,
          "docker-content-digest": digest,
          "content-length": "5",
        };
        response.writeHead(200, request.method === "HEAD" ? headers : {}).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await using client = new RegistryClient({ connectionsPerHost: 3 });
    const names = Array.from({ length: 60 }, (_, index) =>
      parseReference(`127.0.0.1:${port}/acme/web:${index}`),
    );
    const found = await Promise.all(names.map((name) => client.find(name)));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(found.every((one) => one !== undefined)).toBe(true);
    expect(most).toBe(3);
  });
});
