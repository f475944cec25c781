import type { CompiledPlatform, ImageStep } from "../../graph/definition.ts";
import type { ConfigInstruction } from "../../graph/operation.ts";
import type { CheckedImage, CheckRule } from "../../plugin/check-contract.ts";

export const rootUser: CheckRule = {
  id: "root-user",
  severity: "warning",
  summary: "the command of an image runs as root",
  *check({ images }) {
    for (const image of images) {
      const user = userOf(image);
      if (user === undefined || !isRoot(user.name) || !runsSomething(image)) continue;
      const how = user.name === "" ? "the image names no user" : `the image's user is ${user.name}`;
      yield {
        message: `the command of ${image.name} runs as root: ${how}`,
        hint: 'add .user("1000:1000"), or a user that the image has',
        place: user.place ?? image.place,
        image: image.name,
      };
    }
  },
};

const isRoot = (user: string): boolean => /^(?:|root|0+)$/.test(user.split(":")[0] ?? "");

interface KnownUser {
  readonly name: string;
  readonly place?: ReturnType<NonNullable<ImageStep["site"]>["place"]>;
}

/** Undefined where only a base knows, and that has not been built. */
function userOf({ declared, built }: CheckedImage): KnownUser | undefined {
  const step = lastStep(declared, "user");
  if (step !== undefined) return { name: step.instruction.user, place: step.step.site?.place() };
  if (built !== undefined) return { name: built.config.User ?? "" };
  return declared.source === undefined ? { name: "" } : undefined;
}

/** A base that only others build on, and an image of files, run nothing. */
function runsSomething({ declared, built }: CheckedImage): boolean {
  const given = (["entrypoint", "cmd"] as const).map((type) => lastStep(declared, type)?.instruction.argv);
  if (given.some((argv) => argv !== undefined && argv !== null && argv.length > 0)) return true;
  // Images of docker's make say null for none.
  const { Entrypoint, Cmd } = built?.config ?? {};
  return (Entrypoint ?? []).length + (Cmd ?? []).length > 0;
}

function lastStep<Type extends ConfigInstruction["type"]>(
  { steps }: CompiledPlatform,
  type: Type,
):
  | { readonly step: ImageStep; readonly instruction: Extract<ConfigInstruction, { type: Type }> }
  | undefined {
  const step = steps.findLast((one) => one.type !== "layers" && one.instruction?.type === type);
  if (step === undefined || step.type === "layers") return undefined;
  return { step, instruction: step.instruction as Extract<ConfigInstruction, { type: Type }> };
}
