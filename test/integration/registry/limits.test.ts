import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { TsdockEvent } from "../../../core/events.ts";
import { RegistryClient } from "../../../core/oci/registry/client.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { bytesSource } from "./image-fixture.ts";

interface FakeServer extends AsyncDisposable {
  readonly host: string;
}

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FakeServer> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const found = {
  "content-type": mediaTypes.manifest,
  "docker-content-digest": `sha256:${"a".repeat(64)}`,
  "content-length": "5",
};
const isHead = ({ method }: IncomingMessage): boolean => method === "HEAD";
const namesAt = (host: string, count: number) =>
  Array.from({ length: count }, (_, index) => parseReference(`${host}/acme/web:${index}`));

describe("many requests to one host", () => {
  it("wait for one another", async () => {
    let running = 0;
    let most = 0;
    await using server = await serve((request, response) => {
      running += 1;
      most = Math.max(most, running);
      void delay(5).then(() => {
        running -= 1;
        response.writeHead(200, isHead(request) ? found : {}).end();
      });
    });
    await using client = new RegistryClient({ connectionsPerHost: 3 });
    const answers = await Promise.all(namesAt(server.host, 60).map((name) => client.find(name)));
    expect(answers.every((one) => one !== undefined)).toBe(true);
    expect(most).toBe(3);
  });

  it("all wait where one was told to come back later, and requests to others do not", async () => {
    const asked: number[] = [];
    let refused = 0;
    await using busy = await serve((request, response) => {
      if (isHead(request)) asked.push(performance.now());
      if (isHead(request) && asked.length === 1) {
        refused = performance.now();
        response.writeHead(429, { "retry-after": "1" }).end();
      } else response.writeHead(200, isHead(request) ? found : {}).end();
    });
    await using idle = await serve((request, response) => {
      response.writeHead(200, isHead(request) ? found : {}).end();
    });
    await using client = new RegistryClient({ connectionsPerHost: 1 });
    const [first, ...others] = namesAt(busy.host, 20);
    if (first === undefined) throw new Error("no name");
    const begun = client.find(first);
    while (refused === 0) await delay(5);
    await delay(50);
    await client.find(parseReference(`${idle.host}/acme/web:1`));
    expect(asked).toHaveLength(1);
    const answers = await Promise.all([begun, ...others.map((name) => client.find(name))]);
    expect(answers.every((one) => one !== undefined)).toBe(true);
    // Nobody came in the second that it asked for, who had not been told either.
    expect(asked.slice(1).every((time) => time - refused > 940)).toBe(true);
    expect(asked).toHaveLength(21);
  });

  it("wait no longer than is sensible, whatever a registry asks for", async () => {
    let first = true;
    await using server = await serve((request, response) => {
      if (isHead(request) && first) {
        first = false;
        response.writeHead(503, { "retry-after": "86400" }).end();
      } else response.writeHead(200, isHead(request) ? found : {}).end();
    });
    const events: TsdockEvent[] = [];
    const emit = (event: TsdockEvent): void => void events.push(event);
    await using client = new RegistryClient({ emit, retry: { maxRetryAfterMs: 100 } });
    const start = performance.now();
    await client.find(parseReference(`${server.host}/acme/web:1`));
    expect(performance.now() - start).toBeLessThan(60_000);
    expect(events).toContainEqual(expect.objectContaining({ type: "retry", delayMs: 100 }));
  });

  it("end at once when they are stopped while a host is left alone", async () => {
    await using server = await serve((request, response) => {
      response.writeHead(isHead(request) ? 429 : 200, { "retry-after": "60" }).end();
    });
    const stop = new AbortController();
    await using client = new RegistryClient();
    const names = namesAt(server.host, 5);
    const running = Promise.allSettled(names.map((name) => client.find(name, stop.signal)));
    await delay(200);
    const start = performance.now();
    stop.abort(new Error("enough"));
    const ended = await running;
    expect(performance.now() - start).toBeLessThan(30_000);
    for (const one of ended) expect(one).toMatchObject({ status: "rejected", reason: { message: "enough" } });
  });
});

describe("a list", () => {
  it("that does not end is given up", async () => {
    const page = Buffer.from(JSON.stringify({ tags: ["1"], filling: "x".repeat(15 * 1024 * 1024) }));
    let pages = 0;
    await using server = await serve((request, response) => {
      if (request.url === "/v2/") return void response.writeHead(200).end();
      pages += 1;
      response.writeHead(200, { link: `</v2/acme/web/tags/list?last=${pages}>; rel="next"` }).end(page);
    });
    await using client = new RegistryClient();
    await expect(client.tags(parseReference(`${server.host}/acme/web`))).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: expect.stringContaining("its pages do not end") as string,
    });
    expect(pages).toBeLessThan(20);
  });
});

describe("an upload", () => {
  // Longer than a busy machine stalls.
  const idleTimeoutMs = 1000;
  const content = randomBytes(24 * 1024 * 1024);
  const blob = {
    descriptor: { digest: digestOf(content), size: content.length },
    // As files come: a mebibyte at a time.
    source: bytesSource(content, 1024 * 1024),
  };

  /** Begins uploads; `take` gets the bytes. */
  const registry = (
    take: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<FakeServer> =>
    serve((request, response) => {
      if (request.method === "PUT") take(request, response);
      else if (request.method === "POST")
        response.writeHead(202, { location: "/v2/acme/web/blobs/uploads/1" }).end();
      else response.writeHead(request.url === "/v2/" ? 200 : 404).end();
    });

  it("may be slow for as long as it moves", async () => {
    let taken = 0;
    await using server = await registry((request, response) => {
      request.on("data", (chunk: Buffer) => {
        taken += chunk.length;
        // The system's buffers hold some mebibytes, so the end of an upload is not what can be slow here.
        if (taken > 8 * 1024 * 1024) return;
        request.pause();
        setTimeout(() => request.resume(), 12);
      });
      request.on("end", () => response.writeHead(201).end());
    });
    const events: TsdockEvent[] = [];
    await using client = new RegistryClient({
      emit: (event) => void events.push(event),
      idleTimeoutMs,
      retry: { failures: 0 },
    });
    const start = performance.now();
    await client.pushBlob(parseReference(`${server.host}/acme/web`), blob);
    expect(performance.now() - start).toBeGreaterThan(idleTimeoutMs * 1.2);
    expect(taken).toBe(content.length);
    expect(events.filter(({ type }) => type === "retry")).toEqual([]);
  });

  it("that nobody takes is given up and begun again", async () => {
    let times = 0;
    await using server = await registry((request, response) => {
      times += 1;
      if (times === 1) request.pause();
      else request.resume().on("end", () => response.writeHead(201).end());
    });
    const events: TsdockEvent[] = [];
    await using client = new RegistryClient({
      emit: (event) => void events.push(event),
      idleTimeoutMs,
      retry: { baseMs: 1 },
    });
    await client.pushBlob(parseReference(`${server.host}/acme/web`), blob);
    expect(times).toBe(2);
    expect(events).toContainEqual(expect.objectContaining({ type: "retry", reason: "it stopped answering" }));
  });
});
