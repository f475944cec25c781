import { randomUUID } from "node:crypto";
import { type Digest, digestOf } from "../../core/oci/spec/digest.ts";
import { isIndexType, isManifestType } from "../../core/oci/spec/media-types.ts";
import { isTag } from "../../core/oci/spec/reference.ts";

export interface StrictRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface StrictAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Repository {
  readonly blobs: Set<string>;
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  readonly tags: Map<string, Digest>;
}

interface Upload {
  readonly repository: string;
  content: Buffer;
}

const empty: Buffer = Buffer.alloc(0);
const answer = (status: number, headers: Record<string, string> = {}, body = empty): StrictAnswer => ({
  status,
  headers: { "content-length": String(body.length), ...headers },
  body,
});
export const refusal = (status: number, code: string, message: string): StrictAnswer =>
  answer(
    status,
    { "content-type": "application/json" },
    Buffer.from(JSON.stringify({ errors: [{ code, message }] })),
  );

/**
 * Repositories in memory that take nothing which the distribution-spec does not allow: blobs with another digest, manifests whose
 * parts are not there, pieces that are not the next ones, requests to places that were never given. Answers are functions of requests.
 */
export class StrictRepositories {
  readonly #repositories = new Map<string, Repository>();
  readonly #contents = new Map<string, Buffer>();
  readonly #uploads = new Map<string, Upload>();

  /** `NAME:TAG` → digest of all repositories below `prefix`. */
  tags(prefix: string): ReadonlyMap<string, Digest> {
    const found = new Map<string, Digest>();
    for (const [name, { tags }] of [...this.#repositories].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!name.startsWith(`${prefix}/`)) continue;
      for (const [tag, digest] of [...tags].sort())
        found.set(`${name.slice(prefix.length + 1)}:${tag}`, digest);
    }
    return found;
  }

  /** Repositories below `prefix` are no more. */
  forget(prefix: string): void {
    for (const name of [...this.#repositories.keys()].filter((one) => one.startsWith(`${prefix}/`)))
      this.#repositories.delete(name);
  }

  /** Uploads that nobody ended. */
  get openUploads(): number {
    return this.#uploads.size;
  }

  /** Takes what came of a piece when its connection was lost. */
  takePart({ method, url, body }: StrictRequest): void {
    const [, , id = ""] = /^\/v2\/(.+)\/blobs\/uploads\/([\w-]+)$/.exec(url.pathname) ?? [];
    const upload = this.#uploads.get(id);
    if (method === "PATCH" && upload !== undefined) upload.content = Buffer.concat([upload.content, body]);
  }

  answer(request: StrictRequest): StrictAnswer {
    const { pathname } = request.url;
    const [, name = "", rest = ""] =
      /^\/v2\/((?:[a-z0-9._-]+\/)*[a-z0-9._-]+)\/((?:blobs|manifests|tags)\/.*)$/.exec(pathname) ?? [];
    const [kind = "", target = "", id = ""] = rest.split("/");
    if (kind === "tags" && target === "list") return this.#list(name);
    if (kind === "manifests") return this.#manifest(name, decodeURIComponent(target), request);
    if (kind === "blobs" && target === "uploads") return this.#upload(name, id, request);
    if (kind === "blobs") return this.#blob(name, target, request);
    return refusal(404, "UNSUPPORTED", `${request.method} ${pathname}`);
  }

  #open(name: string): Repository {
    const known = this.#repositories.get(name);
    if (known !== undefined) return known;
    const made = { blobs: new Set<string>(), manifests: new Map(), tags: new Map() };
    this.#repositories.set(name, made);
    return made;
  }

  #list(name: string): StrictAnswer {
    const repository = this.#repositories.get(name);
    if (repository === undefined) return refusal(404, "NAME_UNKNOWN", name);
    const body = Buffer.from(JSON.stringify({ name, tags: [...repository.tags.keys()].sort() }));
    return answer(200, { "content-type": "application/json" }, body);
  }

  #manifest(name: string, target: string, { method, headers, body }: StrictRequest): StrictAnswer {
    const repository = this.#repositories.get(name);
    if (method === "PUT") return this.#putManifest(name, target, headers["content-type"] ?? "", body);
    const digest = repository?.tags.get(target) ?? target;
    const found = repository?.manifests.get(digest);
    if (found === undefined) return refusal(404, "MANIFEST_UNKNOWN", `${name}:${target}`);
    if (method !== "GET" && method !== "HEAD") return refusal(405, "UNSUPPORTED", method);
    const { type, bytes } = found;
    return answer(
      200,
      { "content-type": type, "docker-content-digest": digest, "content-length": String(bytes.length) },
      method === "HEAD" ? empty : bytes,
    );
  }

  #putManifest(name: string, target: string, type: string, body: Buffer): StrictAnswer {
    const repository = this.#open(name);
    const digest = digestOf(body);
    const { mediaType, config, layers, manifests } = JSON.parse(body.toString("utf8")) as {
      readonly mediaType?: string;
      readonly config?: { readonly digest: string };
      readonly layers?: readonly { readonly digest: string }[];
      readonly manifests?: readonly { readonly digest: string }[];
    };
    const fits = Array.isArray(layers) ? isManifestType(type) : isIndexType(type);
    if (!fits || (mediaType !== undefined && mediaType !== type))
      return refusal(400, "MANIFEST_INVALID", `${type} is not what the content is`);
    const blobs = [config, ...(layers ?? [])].filter((one) => one !== undefined);
    if (!blobs.every((blob) => repository.blobs.has(blob.digest)))
      return refusal(400, "MANIFEST_BLOB_UNKNOWN", "a blob is not there");
    if (!(manifests ?? []).every((one) => repository.manifests.has(one.digest)))
      return refusal(400, "MANIFEST_BLOB_UNKNOWN", "a manifest is not there");
    const isDigest = target.includes(":");
    if (isDigest ? target !== digest : !isTag(target)) return refusal(400, "MANIFEST_INVALID", target);
    repository.manifests.set(digest, { type, bytes: body });
    if (!isDigest) repository.tags.set(target, digest);
    return answer(201, { location: `/v2/${name}/manifests/${target}`, "docker-content-digest": digest });
  }

  #blob(name: string, digest: string, { method, headers }: StrictRequest): StrictAnswer {
    const content = this.#contents.get(digest);
    if (content === undefined || this.#repositories.get(name)?.blobs.has(digest) !== true)
      return refusal(404, "BLOB_UNKNOWN", digest);
    const [, from = "0"] = /^bytes=(\d+)-$/.exec(headers["range"] ?? "") ?? [];
    const part = content.subarray(Number(from));
    const range = `bytes ${from}-${content.length - 1}/${content.length}`;
    return answer(
      from === "0" ? 200 : 206,
      {
        "docker-content-digest": digest,
        "content-length": String(part.length),
        ...(from === "0" ? {} : { "content-range": range }),
      },
      method === "HEAD" ? empty : part,
    );
  }

  #upload(name: string, id: string, { method, url, headers, body }: StrictRequest): StrictAnswer {
    if (id === "") return method === "POST" ? this.#begin(name, url) : refusal(405, "UNSUPPORTED", method);
    const upload = this.#uploads.get(id);
    if (upload === undefined || upload.repository !== name) return refusal(404, "BLOB_UPLOAD_UNKNOWN", id);
    if (method === "DELETE") {
      this.#uploads.delete(id);
      return answer(204);
    }
    if (method === "GET") return answer(204, this.#place(name, id, upload));
    const [, first, last] = /^(\d+)-(\d+)$/.exec(headers["content-range"] ?? "") ?? [];
    const misplaced =
      (first !== undefined && Number(first) !== upload.content.length) ||
      (last !== undefined && Number(last) - Number(first) + 1 !== body.length) ||
      url.searchParams.get("_state") !== String(upload.content.length);
    if (misplaced) return refusal(416, "BLOB_UPLOAD_INVALID", "this is not what comes next");
    upload.content = Buffer.concat([upload.content, body]);
    if (method === "PATCH") return answer(202, this.#place(name, id, upload));
    return method === "PUT" ? this.#finish(name, id, upload, url) : refusal(405, "UNSUPPORTED", method);
  }

  #begin(name: string, { searchParams }: URL): StrictAnswer {
    const digest = searchParams.get("mount");
    const from = searchParams.get("from");
    if (digest !== null && from !== null && this.#repositories.get(from)?.blobs.has(digest) === true) {
      this.#open(name).blobs.add(digest);
      return answer(201, { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest });
    }
    const id = randomUUID();
    const upload: Upload = { repository: name, content: empty };
    this.#uploads.set(id, upload);
    return answer(202, this.#place(name, id, upload));
  }

  #place(name: string, id: string, { content }: Upload): Record<string, string> {
    return {
      location: `/v2/${name}/blobs/uploads/${id}?_state=${content.length}`,
      range: `0-${Math.max(0, content.length - 1)}`,
      "docker-upload-uuid": id,
    };
  }

  #finish(name: string, id: string, { content }: Upload, { searchParams }: URL): StrictAnswer {
    this.#uploads.delete(id);
    const digest = digestOf(content);
    if (searchParams.get("digest") !== digest)
      return refusal(400, "DIGEST_INVALID", `the content has the digest ${digest}`);
    this.#contents.set(digest, content);
    this.#open(name).blobs.add(digest);
    return answer(201, { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest });
  }
}
