import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { networkFailure } from "../../../core/oci/registry/network-failure.ts";
import { Http } from "../../../core/oci/registry/http.ts";

test("headers without end are a failure of the registry, and no bug", async () => {
  const server = http.createServer((_, response) =>
    response.writeHead(200, { x: "y".repeat(200_000) }).end(),
  );
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  try {
    const limits = { idleTimeoutMs: 5000, connectTimeoutMs: 5000, userAgent: "test", connectionsPerHost: 1 };
    await using client = new Http({ ...limits, proxy: {} });
    const { port } = server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}/v2/`);
    const error: unknown = await client
      .request({ method: "GET", url, headers: {} })
      .catch((it: unknown) => it);
    expect(networkFailure(error)).toMatchObject({ code: "REGISTRY_UNREACHABLE", retry: "no" });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
