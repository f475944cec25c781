import { isTsdockError } from "tsdock/plugin";
import { describe, expect, it } from "vitest";
import { printed } from "../../support/bake-print.ts";
import { processorTime } from "../../support/processor-time.ts";
import { compose } from "../../support/read-builds.ts";

const target = (
  name: string,
  ...read: Parameters<typeof compose>
): Readonly<Record<string, unknown>> | undefined => printed(compose(...read)).target[name];

function failure(work: () => unknown): readonly [string, string, string, number, number] {
  try {
    work();
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    const { file = "", line = 0, column = 0 } = error.place ?? {};
    return [error.code, `${error.message} ${error.hint ?? ""}`, file, line, column];
  }
  throw new Error("nothing was thrown");
}

const service = (build: string): string => `services:\n  web:\n    build:\n      context: .\n${build}`;

describe("compose files", () => {
  it("keeps what newer ones say, and the names of an image", () => {
    const text = `${service(`      privileged: true
      isolation: default
      secrets: [{ source: key, target: signing }]
      ssh: [default, "key=id"]
      extra_hosts: { db: 10.0.0.1 }
      ulimits: { nofile: { soft: 1, hard: 2 } }
      entitlements: [network.host]
      provenance: mode=max
      tags: [acme/web:2]
      additional_contexts: [base=service:base]
`)}    image: acme/web:1
    platform: linux/arm64
    profiles: [dev]
  base: { build: base }
secrets: { key: { file: ./key } }
`;
    expect(target("web", { "compose.yaml": text })).toMatchObject({
      privileged: true,
      secret: ["id=signing,src=./key"],
      ssh: ["default", "key=id"],
      "extra-hosts": { db: "10.0.0.1" },
      ulimits: ["nofile=1:2"],
      attest: ["type=provenance,mode=max"],
      tags: ["acme/web:1", "acme/web:2"],
      platforms: ["linux/arm64"],
      contexts: { base: "target:base" },
    });
    expect(printed(compose({ "compose.yaml": text })).group).toEqual({ dev: { targets: ["web"] } });
  });

  it("lets a later file take things away or put others in their place", () => {
    const files = {
      "compose.yaml": service("      args: { A: 1, B: 2 }\n      cache_from: [a, b]\n      target: x\n"),
      "compose.override.yaml":
        "services:\n  web:\n    build:\n      args: !override { C: 3 }\n      cache_from: [c]\n      target: !reset null\n",
    };
    expect(target("web", files)).toEqual({
      args: { C: "3" },
      "cache-from": ["a", "b", "c"],
      context: ".",
      dockerfile: "Dockerfile",
    });
  });

  it("takes values that are given before those of .env, and says what nobody sets", () => {
    const files = { "compose.yaml": service("      args: { A: $A, B: $B, C: $C }\n") };
    const builds = compose(files, { B: "given" }, { ".env": "A='a $x'\nB=b\n" });
    expect(printed(builds).target["web"]?.["args"]).toEqual({ A: "a $x", B: "given", C: "" });
    expect(builds.unset).toEqual(["C"]);
  });

  it.each([
    ["services:\n  web: [\n", "not YAML", 3, 1],
    ["services: 5\n", "must be an object", 1, 11],
    [service("      args: 5\n"), "must be a list", 5, 13],
    [service("      dockerfyle: x\n"), "dockerfyle", 5, 19],
    [service("      target: ${A\n"), "never closed", 5, 15],
    [service("      target: ${A:?say it}\n"), "say it", 5, 15],
    [service("      secrets: [nope]\n"), "no secret nope", 5, 17],
    [service('      additional_contexts: { a: "service:nope" }\n'), "no service nope", 5, 28],
    ["services:\n  a:\n    extends: b\n  b:\n    extends: a\n", "extends itself: a → b → a", 3, 14],
    ["services:\n  a:\n    extends: nope\n", "no service nope", 3, 14],
    ["services:\n  a:\n    extends: { service: x, file: nope.yaml }\n", "no file nope.yaml", 3, 34],
    ["include: [compose.yaml]\n", "includes itself", 1, 1],
    [`a: ${"[".repeat(5000)}`, "maxDepth", 1, 0],
    [service(`      target: ${"${A:-".repeat(50)}x${"}".repeat(50)}\n`), "nest deeper", 5, 15],
  ])("%j: %s", (text, message, line, column) => {
    const [code, said, file, atLine, atColumn] = failure(() => compose({ "compose.yaml": text }));
    expect(code).toMatch(/^IMPORT_(?:INVALID|UNSUPPORTED)$/);
    expect(said).toContain(message);
    expect([file, atLine, column === 0 ? 0 : atColumn]).toEqual(["compose.yaml", line, column]);
  });

  it("bounds aliases that multiply", () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? "x0: &x0 [a, a, a, a, a, a, a, a, a]"
        : `x${level}: &x${level} [${Array.from({ length: 9 }, () => `*x${level - 1}`).join(", ")}]`,
    );
    const text = `${levels.join("\n")}\n${service("      tags: *x11\n")}`;
    const { value, ms } = processorTime(() => failure(() => compose({ "compose.yaml": text })));
    expect(value[1]).toContain("two million");
    expect(ms).toBeLessThan(8000);
  });
});
