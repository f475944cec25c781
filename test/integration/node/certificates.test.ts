import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { createHttp } from "../../../core/build/http.ts";
import { parseNpmrc } from "../../../plugins/node/registry/npmrc.ts";
import { registryConfig } from "../../../plugins/node/registry/registry-config.ts";
import { selfSignedCertificate } from "../../support/certificate.ts";
import { tempTree } from "../../support/temp-tree.ts";

it("a registry whose certificate only npm's cafile vouches for is read, and by nobody else", async () => {
  const { certificate, key } = selfSignedCertificate();
  using tree = tempTree({ "corp.pem": certificate });
  const server = createServer({ cert: certificate, key }, (request, response) => {
    if (request.url === "/moved") response.writeHead(302, { location: "/package" }).end();
    else response.end("a package");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { signal } = new AbortController();
    const http = createHttp({ signal, emit: () => undefined, env: {} });
    const npmrc = parseNpmrc({ path: tree.path(".npmrc"), text: "cafile=corp.pem\n" });
    const ca = registryConfig([npmrc], {}, tree.root).certificates();
    const read = await http.fetch(`${address}/moved`, {}, ca);
    expect(Buffer.from(read ?? []).toString()).toBe("a package");
    await expect(http.fetch(`${address}/package`)).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      hint: expect.stringContaining("cafile") as string,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
