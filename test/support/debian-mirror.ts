import { createHash } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import * as openpgp from "openpgp";
import { controlText, makePackage, type PackageParts } from "./make-package.ts";
import type { LayerEntry } from "../../core/oci/layer/entry.ts";

export interface MirrorPackage extends PackageParts {
  readonly name: string;
  readonly entries?: readonly LayerEntry[];
}

export interface DebianMirror extends AsyncDisposable {
  readonly url: string;
  /** What is served, by path; a test may damage it. */
  readonly files: Map<string, Uint8Array>;
  /** Armored. */
  readonly publicKey: string;
  /** Writes and signs the index of a suite of these packages; `release` overrides its fields, undefined leaves one out. */
  publish(
    suite: string,
    packages: readonly MirrorPackage[],
    release?: Readonly<Record<string, string | undefined>>,
  ): Promise<void>;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export const newKey = async () =>
  await openpgp.generateKey({ userIDs: [{ name: "test", email: "t@registry.example" }], format: "object" });

/** A Debian mirror on a free port of the loopback interface, with a key of its own. */
export async function debianMirror(): Promise<DebianMirror> {
  const { privateKey, publicKey } = await newKey();
  const files = new Map<string, Uint8Array>();
  const server = http.createServer((request, response) => {
    const content = files.get(String(request.url));
    response.statusCode = content === undefined ? 404 : 200;
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const put = (path: string, bytes: Uint8Array): Uint8Array => {
    files.set(`/debian/${path}`, bytes);
    return bytes;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian`,
    files,
    publicKey: publicKey.armor(),
    async publish(suite, packages, release = {}) {
      const paragraphs = packages.map((one) => {
        const file = `pool/main/${one.name}.deb`;
        const deb = put(file, makePackage(one.name, one.entries ?? [], one));
        return `${controlText(one.name, one)}Filename: ${file}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`;
      });
      const index = gzipSync(paragraphs.join("\n"));
      put(`dists/${suite}/main/binary-amd64/Packages.gz`, index);
      const fields = Object.entries<string | undefined>({
        Origin: "Debian",
        Suite: "stable",
        Codename: suite,
        Date: new Date(Date.now() - 60_000).toUTCString(),
        Architectures: "amd64",
        Components: "main",
        ...release,
      });
      const text = fields
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join("");
      const message = await openpgp.createCleartextMessage({
        text: `${text}SHA256:\n ${sha256(index)} ${index.length} main/binary-amd64/Packages.gz\n`,
      });
      put(`dists/${suite}/InRelease`, Buffer.from(await openpgp.sign({ message, signingKeys: privateKey })));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
