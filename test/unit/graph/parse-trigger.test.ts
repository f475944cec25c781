import { describe, expect, it } from "vitest";
import { captureSite } from "../../../core/declare/site.ts";
import { parseTrigger } from "../../../core/graph/compile/parse-trigger.ts";

const parse = (text: string) => parseTrigger(text, captureSite());

describe("parseTrigger", () => {
  it.each([
    ["RUN npm ci && echo $HOME", { type: "run", command: "npm ci && echo $HOME", options: {} }],
    [
      'run --network=none ["make", "all"]',
      { type: "run", command: ["make", "all"], options: { network: "none" } },
    ],
    ["RUN [ -f x ] && true", { type: "run", command: "[ -f x ] && true", options: {} }],
    ["COPY . /app", { type: "copy", sources: ["."], destination: "/app", options: {} }],
    ["COPY / /app", { type: "copy", sources: ["."], destination: "/app", options: {} }],
    ['COPY ["a b", "/c", "/d/"]', { type: "copy", sources: ["a b", "c"], destination: "/d/", options: {} }],
    [
      "COPY --from=x --chown=a:b --chmod=755 --link --parents=false /a /b",
      {
        type: "copy",
        sources: ["/a"],
        destination: "/b",
        options: { from: "x", chown: "a:b", chmod: "755", link: true, parents: false },
      },
    ],
    [
      "ADD vendor.tar.gz /opt",
      { type: "add", source: { archive: "vendor.tar.gz" }, destination: "/opt", options: {} },
    ],
    ["ADD a b /opt/", { type: "copy", sources: ["a", "b"], destination: "/opt/", options: {} }],
    [
      "ADD --checksum=sha256:00 https://example.com/a /a",
      {
        type: "add",
        source: { url: "https://example.com/a", checksum: "sha256:00" },
        destination: "/a",
        options: {},
      },
    ],
    [
      "ENV A=1 B=\"two words\" C='x' D=a\\ b",
      { type: "env", values: { A: "1", B: "two words", C: "x", D: "a b" } },
    ],
    ["ENV A one value", { type: "env", values: { A: "one value" } }],
    ['LABEL "a.b"="c"', { type: "label", labels: { "a.b": "c" } }],
    ["EXPOSE 80 53/udp", { type: "expose", ports: ["80", "53/udp"] }],
    ["VOLUME /a /b", { type: "volume", paths: ["/a", "/b"] }],
    ['VOLUME ["/a b"]', { type: "volume", paths: ["/a b"] }],
    ['ENTRYPOINT ["a"]', { type: "entrypoint", command: ["a"] }],
    ["CMD a $B", { type: "cmd", command: "a $B" }],
    ['SHELL ["/bin/bash", "-c"]', { type: "shell", shell: ["/bin/bash", "-c"] }],
    ["STOPSIGNAL SIGQUIT", { type: "stopSignal", signal: "SIGQUIT" }],
    ["USER node", { type: "user", user: "node" }],
    ["WORKDIR /a b ", { type: "workdir", path: "/a b" }],
    ["HEALTHCHECK NONE", { type: "healthcheck", check: "none" }],
    [
      "HEALTHCHECK --interval=30s --start-period=1m --retries=2 CMD curl -f localhost",
      {
        type: "healthcheck",
        check: { test: "curl -f localhost", interval: "30s", startPeriod: "1m", retries: 2 },
      },
    ],
  ])("reads %s", (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it.each([
    "",
    "RUN",
    "ONBUILD RUN x",
    "MAINTAINER me",
    "COPY a",
    "COPY --unknown=1 a b",
    "ADD https://example.com/a /a",
    "ENV A",
    "ENV A=1 B",
    "SHELL bash",
    "HEALTHCHECK x",
    "USER $USER",
    "RUN --network=bridge x",
  ])("refuses %j", (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "TRIGGER_INVALID" }));
  });
});
