import { randomUUID } from "node:crypto";
import type { EventEmitter } from "node:events";
import fs from "node:fs";
import http2 from "node:http2";
import path from "node:path";
import { encode, type MessageSchema } from "../../core/build/buildkit/messages.ts";
import { decode } from "./decode-message.ts";
import { frame, frames, hijack } from "./grpc.ts";

/** What a build takes from this machine and leaves here. */
export interface BuildkitSession extends AsyncDisposable {
  readonly id: string;
  /** What an exporter sent. */
  received(): Buffer;
}

const stat = {
  path: [1, "string"],
  mode: [2, "uint32"],
  uid: [3, "uint32"],
  gid: [4, "uint32"],
  size: [5, "int64"],
  modTime: [6, "int64"],
  linkname: [7, "string"],
} satisfies MessageSchema;
const packet = {
  type: [1, "int32"],
  stat: [2, stat],
  ID: [3, "uint32"],
  data: [4, "bytes"],
} satisfies MessageSchema;
const [STAT, REQ, DATA, FIN] = [0, 1, 2, 3];
const bytesMessage = { data: [1, "bytes"] } satisfies MessageSchema;

const services = {
  health: "/grpc.health.v1.Health/Check",
  files: "/moby.filesync.v1.FileSync/DiffCopy",
  send: "/moby.filesync.v1.FileSend/DiffCopy",
  secret: "/moby.buildkit.secrets.v1.Secrets/GetSecret",
} as const;

export interface SessionOptions {
  /** By the name of the local source: the contexts of a build. */
  readonly directories: ReadonlyMap<string, string>;
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Serves a build's session to dockerd: contexts, secrets, and what an exporter sends. */
export async function openSession(
  socketPath: string,
  { directories, secrets = {} }: SessionOptions,
): Promise<BuildkitSession> {
  const id = randomUUID().replaceAll("-", "");
  const socket = await hijack(socketPath, "/session", [
    ["X-Docker-Expose-Session-Uuid", id],
    ["X-Docker-Expose-Session-Name", "tests"],
    ["X-Docker-Expose-Session-Sharedkey", ""],
    ...Object.values(services).map((method) => ["X-Docker-Expose-Session-Grpc-Method", method] as const),
  ]);
  const chunks: Buffer[] = [];
  const failures: Error[] = [];
  // Node's types know it only for servers.
  const server = http2.performServerHandshake(socket) as http2.ServerHttp2Session & EventEmitter;
  const onStream = (
    stream: http2.ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
    _: number,
    rawHeaders: readonly string[],
  ): void => {
    stream.on("error", () => undefined);
    const answer = async (): Promise<void> => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      let status = 0;
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(status) }));
      const write = (bytes: Uint8Array) => stream.write(frame(bytes));
      switch (headers[":path"]) {
        case services.health:
          write(encode({ status: [1, "int32"] }, { status: 1 }));
          break;
        case services.secret: {
          const [first = Buffer.alloc(0)] = await collect(frames(stream));
          const value = secrets[String(decode({ ID: [1, "string"] }, first)["ID"])];
          if (value === undefined) status = 5;
          else write(encode(bytesMessage, { data: Buffer.from(value) }));
          break;
        }
        case services.files:
          await sendFiles(
            stream,
            directories.get(values(raw(rawHeaders), "dir-name")[0] ?? "") ?? "",
            raw(rawHeaders),
          );
          break;
        case services.send:
          for await (const message of frames(stream))
            chunks.push(Buffer.from((decode(bytesMessage, message)["data"] as Uint8Array | undefined) ?? []));
          break;
        default:
          status = 12;
      }
      stream.end();
    };
    void answer();
  };
  server.on("stream", onStream);
  server.on("error", (error: Error) => failures.push(error));
  return {
    id,
    received: () => Buffer.concat(chunks),
    async [Symbol.asyncDispose]() {
      server.destroy();
      socket.destroy();
    },
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

type RawHeaders = readonly (readonly [string, string])[];
/** Repeated headers stay apart here; Node joins them elsewhere. */
const raw = (headers: readonly string[]): RawHeaders =>
  headers.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), headers[index + 1] ?? ""] as const] : [],
  );
const values = (headers: RawHeaders, name: string): readonly string[] =>
  headers.flatMap(([key, value]) => (key === name ? [value] : []));

/** fsutil's protocol: what there is, then the contents that are asked for. `.dockerignore` is the caller's business. */
async function sendFiles(stream: http2.ServerHttp2Stream, root: string, headers: RawHeaders): Promise<void> {
  const followed = values(headers, "followpaths");
  const included = [...values(headers, "include-patterns"), ...followed];
  const excluded = values(headers, "exclude-patterns");
  const isSent = (name: string): boolean =>
    (included.length === 0 || included.some((one) => within(one, name) || within(name, one))) &&
    !excluded.some((one) => within(one, name));
  const files: string[] = [];
  const write = (message: Parameters<typeof encode>[1]) => stream.write(frame(encode(packet, message)));
  const links = new Map<number, string>();
  const visit = (directory: string): void => {
    const names = fs
      .readdirSync(path.join(root, directory))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const name of names) {
      const file = path.posix.join(directory, name);
      if (!isSent(file)) continue;
      const stats = fs.lstatSync(path.join(root, file));
      const first = stats.isFile() && stats.nlink > 1 ? links.get(stats.ino) : undefined;
      if (stats.isFile() && first === undefined) links.set(stats.ino, file);
      files.push(file);
      write({
        type: STAT,
        stat: {
          path: file,
          mode: goMode(stats),
          size: stats.isFile() && first === undefined ? stats.size : 0,
          modTime: BigInt(Math.trunc(stats.mtimeMs)) * 1_000_000n,
          linkname: stats.isSymbolicLink() ? fs.readlinkSync(path.join(root, file)) : (first ?? ""),
        },
      });
      if (stats.isDirectory()) visit(file);
    }
  };
  visit("");
  write({ type: STAT });
  for await (const message of frames(stream.iterator({ destroyOnReturn: false }))) {
    const { type = STAT, ID = 0 } = decode(packet, message) as { type?: number; ID?: number };
    if (type === FIN) {
      write({ type: FIN });
      return;
    }
    if (type !== REQ) continue;
    const content = fs.readFileSync(path.join(root, files[ID] ?? ""));
    for (let at = 0; at < content.length; at += 32_768)
      write({ type: DATA, ID, data: content.subarray(at, at + 32_768) });
    write({ type: DATA, ID });
  }
}

const within = (pattern: string, name: string): boolean =>
  name === pattern || name.startsWith(`${pattern.replace(/\/?\*?\*?$/, "")}/`);

/** Go's `os.FileMode`, not the kernel's. */
function goMode(stats: fs.Stats): number {
  const kind = stats.isDirectory() ? 2 ** 31 : stats.isSymbolicLink() ? 2 ** 27 : 0;
  const special =
    (stats.mode & 0o4000 ? 2 ** 23 : 0) +
    (stats.mode & 0o2000 ? 2 ** 22 : 0) +
    (stats.mode & 0o1000 ? 2 ** 20 : 0);
  return kind + special + (stats.mode & 0o777);
}
