import { createServer, request as forward } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface ForwardProxyOptions {
  /** By `host:port` as it is asked for: `host:port` where it is. Anything else cannot be reached. */
  readonly hosts: Readonly<Record<string, string>>;
  /** `user:password`, wanted from everybody. */
  readonly account?: string;
}

export interface ForwardProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** What it was asked for: `CONNECT host:port`, `GET http://host/path`. */
  readonly requests: readonly string[];
  /** Headers of all requests, those in tunnels excepted. */
  readonly headers: readonly string[];
}

/** An HTTP proxy (RFC 9110, 3.7 and 9.3.6): tunnels by CONNECT, plain HTTP by a whole URL. */
export async function startForwardProxy({ hosts, account }: ForwardProxyOptions): Promise<ForwardProxy> {
  const requests: string[] = [];
  const headers: string[] = [];
  const open = new Set<Socket>();
  const expected = account === undefined ? undefined : `Basic ${Buffer.from(account).toString("base64")}`;
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method ?? ""} ${incoming.url ?? ""}`);
    headers.push(JSON.stringify(incoming.headers));
    if (expected !== undefined && incoming.headers["proxy-authorization"] !== expected)
      return void outgoing.writeHead(407, { "proxy-authenticate": "Basic" }).end();
    const url = new URL(incoming.url ?? "");
    const there = hosts[url.port === "" ? `${url.host}:80` : url.host];
    if (there === undefined) return void outgoing.writeHead(502).end();
    const [host = "", port = ""] = there.split(":");
    const { "proxy-authorization": _account, ...rest } = incoming.headers;
    const onward = forward({
      host,
      port,
      method: incoming.method,
      path: `${url.pathname}${url.search}`,
      headers: rest,
      agent: false,
    });
    onward.on("error", () => outgoing.destroy());
    onward.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket: Socket) => {
    requests.push(`CONNECT ${incoming.url ?? ""}`);
    headers.push(JSON.stringify(incoming.headers));
    // The server looks after it no more.
    socket.on("error", () => socket.destroy());
    const refuse = (status: string): unknown => socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
    if (expected !== undefined && incoming.headers["proxy-authorization"] !== expected)
      return void refuse("407 Proxy Authentication Required");
    const there = hosts[incoming.url ?? ""];
    if (there === undefined) return void refuse("502 Bad Gateway");
    const [host = "", port = ""] = there.split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const one of [socket, onward]) {
      open.add(one);
      one.on("close", () => open.delete(one));
      one.on("error", () => {
        socket.destroy();
        onward.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    headers,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of open) socket.destroy();
      }),
  };
}
