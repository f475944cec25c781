import { createHash } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** One member of a ustar archive: `type` is `0` for a file, `2` for a symbolic link, whose target is its `content`. */
function member(name: string, content: string, type = "0"): Buffer[] {
  const header = Buffer.alloc(512);
  const body = Buffer.from(type === "2" ? "" : content);
  header.write(name);
  header.write("0000644\0", 100);
  header.write(`${body.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write(type, 156);
  if (type === "2") header.write(content, 157);
  header.write("ustar\0", 257);
  return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
}

/** The archive of a package as registries have it. `links`: symbolic links by their names, as nobody should publish them. */
export function npmArchive(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Buffer {
  const blocks = [
    ...Object.entries(files).flatMap(([name, text]) => member(`package/${name}`, text)),
    ...Object.entries(links).flatMap(([name, target]) => member(`package/${name}`, target, "2")),
  ];
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

export const integrityOf = (archive: Buffer): string =>
  `sha512-${createHash("sha512").update(archive).digest("base64")}`;

/** A registry that gives archives by the names of their packages to who has the token. */
export async function privateRegistry(token: string, archives: Readonly<Record<string, Buffer>>) {
  const asked: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.headers.authorization);
    const name = (request.url ?? "").slice(1).replace(/\/-\/.*$/, "");
    const known = request.headers.authorization === `Bearer ${token}` ? archives[name] : undefined;
    response.statusCode = known === undefined ? 401 : 200;
    response.end(known ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { asked, host: `127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() };
}
