import { randomUUID } from "node:crypto";
import { encode, type MessageSchema } from "../../core/build/buildkit/messages.ts";
import { decode } from "./decode-message.ts";
import { openSession, type SessionOptions } from "./buildkit-session.ts";
import { call, connect, hijack } from "./grpc.ts";

export interface Solve extends SessionOptions {
  /** A frontend with its attributes, or an encoded definition. */
  readonly what:
    | { readonly frontend: string; readonly attributes: Readonly<Record<string, string>> }
    | { readonly definition: Uint8Array };
  /** `tar`: its bytes are given. `moby`: the image goes to the daemon under this name. */
  readonly exporter: { readonly type: "tar" } | { readonly type: "moby"; readonly name: string };
}

const cacheOptions = {} satisfies MessageSchema;
const request = {
  Ref: [1, "string"],
  Definition: [2, "bytes"],
  Exporter: [3, "string"],
  ExporterAttrs: [4, "map", "string"],
  Session: [5, "string"],
  Frontend: [6, "string"],
  FrontendAttrs: [7, "map", "string"],
  Cache: [8, cacheOptions],
} satisfies MessageSchema;

/** Has the BuildKit in dockerd solve something; gives what its exporter sent. Throws what it says. */
export async function solve(socketPath: string, { what, exporter, ...options }: Solve): Promise<Buffer> {
  await using session = await openSession(socketPath, options);
  const client = connect(await hijack(socketPath, "/grpc"));
  try {
    await call(
      client,
      "/moby.buildkit.v1.Control/Solve",
      encode(request, {
        Ref: randomUUID().replaceAll("-", ""),
        Session: session.id,
        Exporter: exporter.type,
        ExporterAttrs: exporter.type === "moby" ? { name: exporter.name } : {},
        Cache: {},
        ...("definition" in what
          ? { Definition: what.definition }
          : { Frontend: what.frontend, FrontendAttrs: what.attributes }),
      }),
    );
    return session.received();
  } finally {
    client.destroy();
  }
}

/** What this BuildKit can do with definitions, by the names of `util/apicaps`. */
export async function workerLabels(socketPath: string): Promise<Record<string, unknown>> {
  const client = connect(await hijack(socketPath, "/grpc"));
  try {
    const record = { ID: [1, "string"], Labels: [2, "map", "string"] } satisfies MessageSchema;
    return decode(
      { record: [1, record, "many"] },
      await call(client, "/moby.buildkit.v1.Control/ListWorkers", Buffer.alloc(0)),
    );
  } finally {
    client.destroy();
  }
}
