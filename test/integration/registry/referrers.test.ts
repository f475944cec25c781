import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RegistryClient } from "../../../core/oci/registry/client.ts";
import { referrersTag } from "../../../core/oci/registry/referrers.ts";
import type { Descriptor, Index } from "../../../core/oci/spec/descriptor.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";

const subject = digestOf(Buffer.from("an image"));
const tag = referrersTag(subject);

function signature(text: string): { readonly bytes: Buffer; readonly descriptor: Descriptor } {
  const config = { mediaType: mediaTypes.config, digest: digestOf(Buffer.from("{}")), size: 2 };
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: "application/vnd.example.signature",
      config,
      layers: [],
      subject: { mediaType: mediaTypes.manifest, digest: subject, size: 1 },
      annotations: { text },
    }),
  );
  return {
    bytes,
    descriptor: { mediaType: mediaTypes.manifest, digest: digestOf(bytes), size: bytes.length },
  };
}

const indexOf = (manifests: readonly Descriptor[]): string =>
  JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests });

/** A repository's manifests by tag or digest; `api`: it keeps count of what refers to what, one entry a page. */
class Repository {
  readonly manifests = new Map<string, Buffer>();
  readonly asked: string[] = [];
  listed: Descriptor[] = [];
  api = true;

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    const [, place = "", name = ""] = /^\/v2\/acme\/web\/(referrers|manifests)\/(.+)$/.exec(pathname) ?? [];
    if (place !== "") this.asked.push(`${request.method} ${place}/${name}`);
    if (pathname === "/v2/") response.writeHead(200).end();
    else if (place === "referrers") this.#list(Number(searchParams.get("page") ?? 0), response);
    else if (request.method === "PUT") this.#put(name, request, response);
    else this.#get(name, response);
  };

  #list(page: number, response: ServerResponse): void {
    if (!this.api) return void response.writeHead(404).end();
    const next = `<?page=${page + 1}>; rel="next"`;
    const more = page + 1 < this.listed.length ? { link: next } : {};
    const body = indexOf(this.listed.slice(page, page + 1));
    response.writeHead(200, { "content-type": mediaTypes.index, ...more }).end(body);
  }

  #put(name: string, request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      this.manifests.set(name, bytes);
      response.writeHead(201, this.api ? { "oci-subject": subject } : {}).end();
    });
  }

  #get(name: string, response: ServerResponse): void {
    const bytes = this.manifests.get(name);
    if (bytes === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": mediaTypes.index }).end(bytes);
  }
}

describe("what refers to an image", () => {
  let repository: Repository;
  const server = createServer((request, response) => repository.answer(request, response));
  const client = new RegistryClient();
  const at = () => parseReference(`127.0.0.1:${(server.address() as AddressInfo).port}/acme/web`);
  const [one, two] = [signature("one"), signature("two")];
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  beforeEach(() => {
    repository = new Repository();
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("is listed page by page, where the registry keeps count", async () => {
    repository.listed = [one.descriptor, two.descriptor];
    expect(await client.referrers(at(), subject)).toEqual([one.descriptor, two.descriptor]);
    expect(repository.asked).toEqual(Array.from({ length: 2 }, () => `GET referrers/${subject}`));
  });

  it("is nothing where the registry says so: its tag is not asked for", async () => {
    repository.manifests.set(tag, Buffer.from(indexOf([one.descriptor])));
    expect(await client.referrers(at(), subject)).toEqual([]);
    expect(repository.asked).toEqual([`GET referrers/${subject}`]);
  });

  it("is what the tag says, where the registry does not keep count", async () => {
    repository.api = false;
    expect(await client.referrers(at(), subject)).toEqual([]);
    repository.manifests.set(tag, Buffer.from(indexOf([one.descriptor])));
    expect(await client.referrers(at(), subject)).toEqual([one.descriptor]);
  });

  it("is put by one request where the registry keeps count of it", async () => {
    await client.putReferrer(at(), one, subject);
    expect(repository.asked).toEqual([`PUT manifests/${one.descriptor.digest}`]);
  });

  it("is put, and entered beside others under the tag where it does not; a second time it is not entered again", async () => {
    repository.api = false;
    for (const document of [one, two, two]) await client.putReferrer(at(), document, subject);
    const index = JSON.parse(repository.manifests.get(tag)?.toString() ?? "") as Index;
    expect(index.manifests).toEqual(
      [one, two].map(({ descriptor }, entry) => ({
        ...descriptor,
        artifactType: "application/vnd.example.signature",
        annotations: { text: entry === 0 ? "one" : "two" },
      })),
    );
    expect(repository.asked.filter((line) => line === `PUT manifests/${tag}`)).toHaveLength(2);
  });
});
