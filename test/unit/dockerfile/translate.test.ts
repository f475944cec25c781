import { isTsdockError } from "tsdock/plugin";
import { describe, expect, it } from "vitest";
import { readDockerfile, writtenModule } from "../../support/dockerfiles/read-text.ts";

/** The methods that an instruction becomes. */
const methods = (instruction: string, request = {}): string =>
  writtenModule(`FROM box\n${instruction}`, request)
    .replace(/^[\s\S]*?\.from\("box"\)/, "")
    .replaceAll(/,\s*\n\s*(?=[)}\]])/g, "\n")
    .replaceAll(/(?<=[([])\s*\n\s*|\s*\n\s*(?=[)\]])/g, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .replace(/;\s*$/, "")
    .trim();

const hash = "a".repeat(64);

describe("instructions as methods", () => {
  it.each([
    [
      `ADD --checksum=sha256:${hash} https://example.com/a.tgz /opt/`,
      `.add({ url: "https://example.com/a.tgz", checksum: "sha256:${hash}" }, "/opt/")`,
    ],
    [
      "ADD https://example.com/acme/site.git#v1:docs /srv",
      '.add({ git: "https://example.com/acme/site.git", ref: "v1", subdirectory: "docs" }, "/srv")',
    ],
    [
      "ADD git@example.com:acme/site.git /srv",
      '.add({ git: "git@example.com:acme/site.git", ref: "HEAD" }, "/srv")',
    ],
    [
      "ADD --chmod=755 https://example.com/x.git?branch=main&subdir=a /srv",
      '.add({ git: "https://example.com/x.git", ref: "main", subdirectory: "a" }, "/srv", { chmod: "755" })',
    ],
    ["ADD vendor.tar.gz /opt/", '.add({ archive: "vendor.tar.gz" }, "/opt/")'],
    ["ADD --unpack=false vendor.tar.gz /opt/", '.copy("vendor.tar.gz", "/opt/")'],
    ["COPY --link --chown=$U:g ../x /y", '.copy("x", "/y", { chown: "me:g", link: true })'],
    [
      "RUN --mount=type=secret,id=t,env=TOKEN,required make",
      '.run("make", { mounts: [mount.secret("t", { env: "TOKEN" })] })',
    ],
    [
      "RUN --mount=type=ssh,id=k,required=true,mode=0600 make",
      '.run("make", { mounts: [mount.ssh({ id: "k", mode: "600" })] })',
    ],
    [
      "RUN --mount=type=tmpfs,target=/t,size=64MB make",
      '.run("make", { mounts: [mount.tmpfs("/t", { size: "64m" })] })',
    ],
    [
      "RUN --mount=from=golang:1,src=/go,dst=/go,rw make",
      '.run("make", { mounts: [mount.bind("/go", { from: "golang:1", source: "/go", writable: true })] })',
    ],
    ["RUN --network=none --security=sandbox make", '.run("make", { network: "none" })'],
    ["EXPOSE 127.0.0.1:80:8080 53/UDP", '.expose(8080, "53/udp")'],
    ["STOPSIGNAL term", '.stopSignal("SIGTERM")'],
    [
      "HEALTHCHECK --interval=1h5s --timeout=0s CMD x",
      '.healthcheck({ test: "x", interval: "1h5s" as Duration })',
    ],
    ["ENTRYPOINT []", ".entrypoint(null)"],
    ["ARG HTTP_PROXY\nRUN x", '// ARG HTTP_PROXY passes through by itself. .run("x")'],
    ["ONBUILD run echo $X", '.onBuild("RUN echo $X")'],
    ["ENV __proto__=x", '.env({ ["__proto__"]: "x" })'],
  ])("%s", (instruction, expected) => {
    expect(methods(instruction, { baseEnv: { U: "me" } })).toBe(expected);
  });

  it.each([
    ["ADD https://example.com/a /a", "IMPORT_UNSUPPORTED", "no checksum", 2, 5],
    ["ADD --unpack https://example.com/a /a", "IMPORT_UNSUPPORTED", "not unpacked", 2, 5],
    ["ADD --keep-git-dir https://example.com/a.git /a", "IMPORT_UNSUPPORTED", ".git", 2, 5],
    ["RUN --security=insecure x", "IMPORT_UNSUPPORTED", "privileges", 2, 5],
    ["RUN --device=gpu x", "IMPORT_UNSUPPORTED", "devices", 2, 5],
    ["COPY --chmod=u+x a b", "IMPORT_UNSUPPORTED", "u+x", 2, 14],
    ["WORKDIR $GOPATH/src", "IMPORT_UNSUPPORTED", "--env GOPATH=", 2, 9],
    ["ONBUILD COPY $X /a", "IMPORT_UNSUPPORTED", "variable", 2, 9],
    ["ONBUILD ARG X", "IMPORT_UNSUPPORTED", "ARG", 2, 9],
    ["VOLUME data", "IMPORT_UNSUPPORTED", "not absolute", 2, 8],
    ["LABEL 'a b'=c", "IMPORT_UNSUPPORTED", "name of a label", 2, 8],
    ["COPY --from=$X a b", "IMPORT_INVALID", "no variable", 2, 13],
    ["COPY --from=1 a b", "IMPORT_INVALID", "no stage 1", 2, 13],
    ["COPY a", "IMPORT_INVALID", "a source and a destination", 2, 1],
    ["COPY --form=a b c", "IMPORT_INVALID", "no flag --form", 2, 6],
    ["FORM x", "IMPORT_INVALID", "FORM is no instruction", 2, 1],
    ["RUN --mount=type=cahce,target=/a x", "IMPORT_INVALID", "no type of mounts", 2, 13],
    ["RUN --mount=type=bind,target=/a,size=1 x", "IMPORT_INVALID", "has no size", 2, 13],
    ["SHELL sh -c", "IMPORT_INVALID", "JSON list", 2, 7],
    ["EXPOSE 99999", "IMPORT_INVALID", "not a port", 2, 8],
    ["ENV A", "IMPORT_INVALID", "needs a value", 2, 5],
    ["ENV A='x", "IMPORT_INVALID", "quote", 2, 7],
    ["RUN x\nUSER", "IMPORT_INVALID", "USER needs", 3, 1],
  ])("%s is refused with its place, and marked", (instruction, code, message, line, column) => {
    const { problems, statements } = readDockerfile(`FROM box\n${instruction}\n`);
    expect(problems).toMatchObject([{ code, place: { file: "/w/Dockerfile", line, column } }]);
    expect(`${problems[0]?.message ?? ""} ${problems[0]?.hint ?? ""}`).toContain(message);
    expect(statements.map(({ initializer }) => initializer).join("\n")).toContain("// NOT IMPORTED");
  });

  it.each([
    ['RUN <<E\n  set -e\n\n  echo "a"\nE', '`\n    set -e\n\n    echo "a"\n  `'],
    ["RUN <<E\n  cat <<X\n  X\nE", "/bin/sh"],
    ["RUN <<E\n  echo 'a\n  b'\nE", "/bin/sh"],
    ["RUN <<E\n  echo a\\\n  b\nE", "/bin/sh"],
    ['SHELL ["python3", "-c"]\nRUN <<E\n  print(1)\nE', "python3"],
  ])("%j keeps what its shell sees", (instruction, expected) => {
    expect(writtenModule(`FROM box\n${instruction}\n`)).toContain(expected);
  });

  it("never lets a comment become code", () => {
    const lines = ["a\u2028boom()", "b\rboom()", "c\u2029boom()"].map((line) => `# ${line}\n`).join("");
    const text = writtenModule(
      `${lines}FROM box\n${lines}RUN a \\\n${lines} b\nLABEL 'x y\u2028boom()'=1\n${lines}`,
    );
    expect(text).toContain("// NOT IMPORTED");
    for (const line of text.split(/[\n\r\u2028\u2029]/).filter((one) => one.includes("boom")))
      expect(line.trimStart()).toMatch(/^\/\//);
  });

  it("takes names that no variable of a base can have for what they are", () => {
    expect(methods("ENV A=$1$@")).toBe('.env((env) => ({ A: `${env["1"] ?? ""}${env["@"] ?? ""}` }))');
  });

  it("finds all mistakes in one go", () => {
    const { problems } = readDockerfile("FROM box\nRUN --device=a x\nVOLUME y\nADD https://e.example/x /\n");
    expect(problems.map(({ place }) => place?.line)).toEqual([2, 3, 4]);
    expect(problems.every(isTsdockError)).toBe(true);
  });

  it("refuses other frontends, and what comes before FROM", () => {
    expect(() => readDockerfile("# syntax=acme/frontend\nFROM a\n")).toThrow("another frontend");
    expect(() => readDockerfile("RUN x\nFROM a\n")).toThrow("before the first FROM");
    expect(() => readDockerfile("ARG A\n")).toThrow("no FROM");
    expect(() => readDockerfile("FROM a\n", { targets: ["b"] })).toThrow("no stage b");
  });

  it("writes a module that reads as if a person had written it", async () => {
    const dockerfile = `# syntax=docker/dockerfile:1
# Node's version.
ARG NODE_VERSION=20
FROM --platform=$BUILDPLATFORM node:\${NODE_VERSION}-alpine AS deps
ARG TARGETARCH
WORKDIR /app
# lockfiles first
COPY package*.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --arch=$TARGETARCH \\
    && npm cache clean --force
RUN apk add --no-cache \\
    # for health checks
    curl

FROM node:\${NODE_VERSION}-alpine AS test
COPY --from=deps /app /app
RUN npm test

FROM node:\${NODE_VERSION}-alpine
ARG PORT=8080
ENV PATH=/app/bin:$PATH NODE_ENV=production
COPY --from=deps --chown=node:node /app /app
COPY <<-"EOF" /etc/app.conf
	port = $PORT
	host = all
EOF
EXPOSE \${PORT}
USER node
CMD ["node", "server.js"]
# the end
`;
    await expect(writtenModule(dockerfile)).toMatchFileSnapshot("../../fixtures/import/web.image.ts");
  });

  it.each([
    ["one that builds", "FROM golang:1\nRUN make\nFROM scratch\nCOPY --from=0 /a /a", ["build"]],
    [
      "several that build, by what they begin with",
      "FROM reg.example:5000/x/Node:20@sha256:1\nRUN a\nFROM golang\nRUN b\nFROM golang\nRUN c\nFROM $BASE\nRUN d\n" +
        "FROM scratch\nCOPY --from=0 / /\nCOPY --from=1 / /\nRUN --mount=from=2 e\nCOPY --from=3 / /",
      ["nodeBuild", "golangBuild", "golangBuild2", "build"],
    ],
    ["one with files alone", "FROM scratch\nCOPY a /\nFROM box\nCOPY --from=0 /a /a", ["files"]],
    ["one that nothing needs", "FROM nginx:1\nRUN a\nFROM box AS build\nFROM build", ["nginx", "build"]],
    [
      "written names before found ones",
      "FROM box\nRUN a\nFROM box AS build\nFROM box\nCOPY --from=0 / /",
      ["build2", "build"],
    ],
    ["what is the image's own name", "FROM web:1\nFROM box", ["webStage"]],
    ["what variables say", "FROM ${X}\nFROM box", ["stage0"]],
  ])("finds a name for stages that have none: %s", (_, text, expected) => {
    const written = writtenModule(`ARG BASE=b\nARG X=x\n${text}`, { name: "web" });
    const constants = [...written.matchAll(/^(?:export )?const (\w+) =\s+image\(/gm)].map(([, name]) => name);
    expect(constants).toEqual([...expected, "web"]);
  });

  it("calls stages of one name apart, and knows the last one of them", () => {
    const text = writtenModule(
      "FROM a AS x\nFROM b AS x\nFROM scratch AS image\nCOPY --from=x /f /\nCOPY --from=0 /g /\n",
    );
    expect(text).toContain('const x = image().from("a");');
    expect(text).toContain('const x2 = image().from("b");');
    expect(text).toContain('.copy("/f", "/", { from: x2 })');
    expect(text).toContain('.copy("/g", "/", { from: x })');
  });
});
