import { describe, expect, it } from "vitest";
import { rootUser } from "../../../core/check/rules/root-user.ts";
import { tooManyLayers } from "../../../core/check/rules/too-many-layers.ts";
import type { CheckedImage, CheckFinding, CheckRule } from "../../../core/plugin/check-contract.ts";

/** An image on a base of a registry, with what was built of it. */
const onRegistryBase = (
  built: { readonly config?: object; readonly layers?: number } | undefined,
  steps: readonly object[] = [],
): CheckedImage =>
  ({
    name: "web",
    place: undefined,
    declared: { steps, source: "vertex" },
    ...(built === undefined
      ? {}
      : {
          built: {
            config: built.config ?? {},
            layers: Array.from({ length: built.layers ?? 1 }, () => ({})),
          },
        }),
  }) as unknown as CheckedImage;

const findings = (rule: CheckRule, image: CheckedImage): readonly CheckFinding[] => [
  ...rule.check({ images: [image], vertices: new Map(), isLocked: () => true, options: undefined }),
];

const user = (name: string): object => ({ type: "config", instruction: { type: "user", user: name } });
const cmd = { type: "config", instruction: { type: "cmd", argv: ["serve"] } };

describe("too-many-layers", () => {
  it.each([
    [126, 0],
    [127, 0],
    [128, 1],
    [300, 1],
  ])("of %i layers finds %i", (layers, found) => {
    const all = findings(tooManyLayers, onRegistryBase({ layers }));
    expect(all).toHaveLength(found);
    if (found > 0)
      expect(all[0]).toMatchObject({
        image: "web",
        message: `web has ${layers} layers, and engines take 127`,
      });
  });

  it("says nothing of what has not been built", () => {
    expect(findings(tooManyLayers, onRegistryBase(undefined))).toEqual([]);
  });
});

describe("root-user on a base of a registry", () => {
  it.each([
    ["nobody has said who it is, and it is not built", undefined, [cmd], 0],
    ["the base names no user", {}, [cmd], 1],
    ["the base's user is root", { User: "root" }, [cmd], 1],
    ["the base's user is 0 with a group", { User: "0:1000" }, [cmd], 1],
    ["the base's user is somebody", { User: "node" }, [cmd], 0],
    ["the base brings the command", { Entrypoint: ["/entry"] }, [], 1],
    ["nothing runs", { Cmd: null }, [], 0],
    ["the image says somebody", { User: "root" }, [cmd, user("1000:1000")], 0],
    ["the image says root again", { User: "node" }, [cmd, user("root")], 1],
  ] as const)("where %s", (_, config, steps, found) => {
    expect(
      findings(rootUser, onRegistryBase(config === undefined ? undefined : { config }, steps)),
    ).toHaveLength(found);
  });
});
