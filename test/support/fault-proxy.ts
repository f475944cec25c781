import { createServer, type IncomingMessage, request as forward, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What goes wrong with one request. */
export type Fault =
  /** The connection is cut before the server hears of it. */
  | { readonly type: "reset" }
  /** The server does it, and its answer is lost. */
  | { readonly type: "lose-answer" }
  /** Another answer, without asking the server. */
  | {
      readonly type: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Nothing ever comes. */
  | { readonly type: "stall" }
  /** The connection is cut after so many bytes of the answer's body. */
  | { readonly type: "truncate"; readonly after: number }
  /** The connection is cut after so many bytes of the request's body reached the server. */
  | { readonly type: "cut-upload"; readonly after: number }
  /** The answer with these headers and this change of its body. */
  | {
      readonly type: "change";
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: (body: Buffer) => Buffer;
    };

export interface ProxiedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  /** Undefined where the client never got an answer. */
  status: number | undefined;
}

export type ChooseFault = (
  request: ProxiedRequest,
  number: number,
) => Fault | undefined | Promise<Fault | undefined>;

export interface FaultProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** All requests, in order. */
  readonly requests: readonly ProxiedRequest[];
  /**
   * Asked for each request with its number, from 0; replaces what was set before and counts anew. A request waits for the
   * answer: what happens meanwhile happens before it.
   */
  inject(choose: ChooseFault): void;
}

/** An HTTP server that hands everything on to `target` (`host:port`), but for the faults that a test asks for. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const requests: ProxiedRequest[] = [];
  let choose: ChooseFault = () => undefined;
  let since = 0;
  const server = createServer((incoming, outgoing) => {
    const seen: ProxiedRequest = {
      method: incoming.method ?? "",
      target: incoming.url ?? "",
      headers: incoming.headers,
      status: undefined,
    };
    requests.push(seen);
    outgoing.on("finish", () => {
      seen.status = outgoing.statusCode;
    });
    void Promise.resolve(choose(seen, requests.length - 1 - since)).then(
      (fault) => handle(target, incoming, outgoing, fault),
      (error: unknown) => outgoing.writeHead(500).end(String(error)),
    );
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    inject(next) {
      since = requests.length;
      choose = next;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function handle(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: Fault | undefined,
): void {
  if (fault?.type === "stall") return;
  if (fault?.type === "reset") {
    incoming.socket.resetAndDestroy();
    return;
  }
  if (fault?.type === "answer") {
    // The body is read first, as a server does that answers in good order.
    incoming.resume().on("end", () => outgoing.writeHead(fault.status, fault.headers).end(fault.body ?? ""));
    return;
  }
  const [host = "", port = ""] = target.split(":");
  const onward = forward({
    host,
    port,
    method: incoming.method,
    path: incoming.url,
    headers: incoming.headers,
    agent: false,
  });
  const cut = (): unknown => incoming.socket.resetAndDestroy();
  onward.on("error", cut);
  onward.on("response", (answer) => deliver(answer, outgoing, incoming.socket, fault));
  if (fault?.type !== "cut-upload") {
    incoming.pipe(onward);
    return;
  }
  let left = fault.after;
  incoming.on("end", () => {
    if (left > 0) onward.end();
  });
  incoming.on("data", (chunk: Buffer) => {
    if (left <= 0) return;
    const part = chunk.subarray(0, left);
    left -= part.length;
    onward.write(part, () => {
      // Time for the server to take what it got before it learns that no more comes.
      if (left <= 0) setTimeout(() => onward.destroy(), 50);
    });
  });
}

function deliver(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  socket: Socket,
  fault: Fault | undefined,
): void {
  const status = answer.statusCode ?? 502;
  if (fault?.type === "lose-answer") {
    answer.resume().on("end", () => socket.resetAndDestroy());
    return;
  }
  if (fault?.type === "change") {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.on("end", () => {
      const body = fault.body?.(Buffer.concat(chunks)) ?? Buffer.concat(chunks);
      const length = fault.body === undefined ? {} : { "content-length": String(body.length) };
      outgoing.writeHead(status, { ...answer.headers, ...length, ...fault.headers }).end(body);
    });
    return;
  }
  outgoing.writeHead(status, answer.headers);
  if (fault?.type !== "truncate") {
    answer.pipe(outgoing);
    return;
  }
  let left = fault.after;
  answer.on("end", () => {
    if (left > 0) outgoing.end();
  });
  answer.on("data", (chunk: Buffer) => {
    const part = chunk.subarray(0, Math.max(0, left));
    left -= chunk.length;
    outgoing.write(part, () => {
      if (left <= 0) setTimeout(() => socket.resetAndDestroy(), 20);
    });
  });
}
