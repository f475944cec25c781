import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyConfig, environmentOf, resolveExtensions } from "../../../core/graph/apply-config.ts";
import { planExec } from "../../../core/graph/exec-plan.ts";
import type { ConfigInstruction, ExecOperation } from "../../../core/graph/operation.ts";
import type { ContainerConfig } from "../../../core/oci/spec/image-config.ts";

const base: ContainerConfig = {
  Env: ["PATH=/bin", "A=1"],
  Cmd: ["bash"],
  Entrypoint: ["/init"],
  WorkingDir: "/srv",
  Labels: { a: "1" },
  ExposedPorts: { "80/tcp": {} },
  OnBuild: ["RUN x"],
  User: "node",
};
const after = (...instructions: ConfigInstruction[]): ContainerConfig => applyConfig(base, instructions);

describe("applyConfig", () => {
  it("inherits everything but ONBUILD and changes nothing that it was given", () => {
    const { OnBuild, ...rest } = base;
    expect(after()).toEqual(rest);
    expect(OnBuild).toEqual(["RUN x"]);
    expect(
      after({ type: "on-build", triggers: ["RUN y"] }, { type: "on-build", triggers: ["RUN z"] }).OnBuild,
    ).toEqual(["RUN y", "RUN z"]);
  });

  it("keeps variables where they were first defined", () => {
    expect(after({ type: "env", values: { B: "2", A: "x=y" } }).Env).toEqual(["PATH=/bin", "A=x=y", "B=2"]);
    expect(
      after({ type: "env", values: JSON.parse('{"__proto__":"p"}') as Record<string, string> }).Env?.at(-1),
    ).toBe("__proto__=p");
  });

  it("gives functions the environment so far", () => {
    const extend: ConfigInstruction = {
      type: "env-extend",
      extend: (env) => ({ PATH: `/app:${env.PATH}`, N: 5 }),
      identity: "1",
    };
    expect(after({ type: "env", values: { A: "2" } }, extend).Env).toEqual(["PATH=/app:/bin", "A=2", "N=5"]);
    expect(resolveExtensions(base, [extend, extend])).toEqual([
      { type: "env", values: { PATH: "/app:/bin", N: "5" } },
      { type: "env", values: { PATH: "/app:/app:/bin", N: "5" } },
    ]);
    expect({ ...environmentOf(base, [extend]) }).toEqual({ PATH: "/app:/bin", A: "1", N: "5" });
  });

  it.each([
    [
      () => {
        throw new Error("boom");
      },
      "boom",
    ],
    [() => undefined, "object"],
    [() => ({ A: undefined }), "no text for A"],
    [() => ({ "A=B": "x" }), "A=B"],
  ])("reports a function that fails: %#", (extend, word) => {
    const instruction = { type: "env-extend", extend, identity: "1" } as unknown as ConfigInstruction;
    expect(() => after(instruction)).toThrow(
      expect.objectContaining({
        code: "ENV_EXTENSION_FAILED",
        message: expect.stringContaining(word) as string,
      }),
    );
  });

  it("drops the base's CMD with a new ENTRYPOINT, and not one that was given on the same base", () => {
    expect(after({ type: "entrypoint", argv: ["x"] }).Cmd).toBeUndefined();
    expect(
      after({ type: "cmd", argv: ["y"] }, { type: "entrypoint", argv: ["x"], keepsCmd: true }),
    ).toMatchObject({ Cmd: ["y"], Entrypoint: ["x"] });
    expect(after({ type: "entrypoint", argv: null })).not.toHaveProperty("Entrypoint");
  });

  it("runs text in the shell that holds where it is written", () => {
    expect(after({ type: "cmd", argv: "a b" }).Cmd).toEqual(["/bin/sh", "-c", "a b"]);
    expect(after({ type: "shell", shell: ["/bin/bash", "-ec"] }, { type: "cmd", argv: "a" }).Cmd).toEqual([
      "/bin/bash",
      "-ec",
      "a",
    ]);
  });

  it.each([
    ["a", "/srv/a"],
    ["/a/../b", "/b"],
    ["../../..", "/"],
  ])("takes the working directory %s as %s", (path, expected) => {
    expect(after({ type: "workdir", path }).WorkingDir).toBe(expected);
  });

  it("adds labels, ports and volumes; replaces the rest", () => {
    expect(
      after(
        { type: "label", labels: { b: "2" } },
        { type: "expose", ports: ["53/udp"] },
        { type: "volume", paths: ["/data"] },
        { type: "user", user: "root" },
        { type: "stop-signal", signal: "SIGQUIT" },
        { type: "healthcheck", healthcheck: { Test: ["NONE"] } },
      ),
    ).toMatchObject({
      Labels: { a: "1", b: "2" },
      ExposedPorts: { "80/tcp": {}, "53/udp": {} },
      Volumes: { "/data": {} },
      User: "root",
      StopSignal: "SIGQUIT",
      Healthcheck: { Test: ["NONE"] },
    });
  });

  it("is the same in two parts as in one", () => {
    const name = fc.constantFrom("A", "B", "C");
    const instruction: fc.Arbitrary<ConfigInstruction> = fc.oneof(
      fc.dictionary(name, fc.string()).map((values) => ({ type: "env" as const, values })),
      fc.constantFrom("a", "/b", "..").map((path) => ({ type: "workdir" as const, path })),
      fc.constantFrom(["x"], "y", null).map((argv) => ({ type: "cmd" as const, argv })),
      fc.constantFrom(["x"], "y", null).map((argv) => ({ type: "entrypoint" as const, argv })),
    );
    fc.assert(
      fc.property(fc.array(instruction), fc.array(instruction), (a, b) => {
        expect(applyConfig(applyConfig(base, a), b)).toEqual(applyConfig(base, [...a, ...b]));
      }),
    );
  });
});

describe("planExec", () => {
  const op = (extra: Partial<ExecOperation>): ExecOperation => ({
    type: "exec",
    command: "make",
    mounts: [],
    network: "default",
    env: {},
    config: [],
    ...extra,
  });

  it("takes what the base says", () => {
    expect(planExec(op({}), base)).toEqual({
      argv: ["/bin/sh", "-c", "make"],
      env: ["PATH=/bin", "A=1"],
      cwd: "/srv",
      user: "node",
    });
  });

  it("has docker's defaults on nothing", () => {
    expect(planExec(op({ command: ["a"] }), {})).toEqual({
      argv: ["a"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      cwd: "/",
      user: "0:0",
    });
  });

  it("puts the step before the instructions, and these before the base", () => {
    const config: ConfigInstruction[] = [
      { type: "env", values: { A: "2", B: "2" } },
      { type: "user", user: "web" },
      { type: "workdir", path: "app" },
      { type: "shell", shell: ["/bin/bash", "-c"] },
    ];
    expect(planExec(op({ config, env: { B: "3" }, workdir: "src" }), base)).toEqual({
      argv: ["/bin/bash", "-c", "make"],
      env: ["PATH=/bin", "A=2", "B=3"],
      cwd: "/srv/app/src",
      user: "web",
    });
    expect(planExec(op({ config, user: "0", workdir: "/x" }), base)).toMatchObject({ user: "0", cwd: "/x" });
  });
});
