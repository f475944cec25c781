import http from "node:http";
import http2 from "node:http2";
import type { Duplex } from "node:stream";

/** Asks dockerd for a connection that speaks HTTP/2 from then on: `/grpc`, `/session`. */
export function hijack(
  socketPath: string,
  path: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, path, method: "POST" });
    request.setHeader("Connection", "Upgrade");
    request.setHeader("Upgrade", "h2c");
    const lists = new Map<string, string[]>();
    for (const [name, value] of headers) lists.set(name, [...(lists.get(name) ?? []), value]);
    for (const [name, values] of lists) request.setHeader(name, values);
    request.on("error", reject);
    request.on("response", (response) => reject(new Error(`${path}: ${response.statusCode ?? 0}`)));
    request.on("upgrade", (_, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}

/** A gRPC message on the wire: a flag, its length, itself. */
export function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The messages of a stream. */
export async function* frames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5) {
      const end = 5 + rest.readUInt32BE(1);
      if (rest.length < end) break;
      yield rest.subarray(5, end);
      rest = rest.subarray(end);
    }
  }
}

/** Calls a method that has one request and one response. Throws what the server says. */
export async function call(
  session: http2.ClientHttp2Session,
  path: string,
  request: Uint8Array,
): Promise<Buffer> {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  let status: http2.IncomingHttpHeaders = {};
  stream.on("response", (headers) => {
    if (headers["grpc-status"] !== undefined) status = headers;
  });
  stream.on("trailers", (headers) => {
    status = headers;
  });
  stream.end(frame(request));
  let response: Buffer | undefined;
  for await (const message of frames(stream)) response ??= message;
  if (status["grpc-status"] !== "0")
    throw new Error(`${path}: ${decodeURIComponent(String(status["grpc-message"] ?? "no status"))}`);
  return response ?? Buffer.alloc(0);
}

export const connect = (socket: Duplex): http2.ClientHttp2Session =>
  http2.connect("http://localhost", {
    createConnection: () => socket,
    settings: { initialWindowSize: 4 << 20 },
  });
