import type { ImportRequest } from "tsdock/plugin";
import { Scope } from "../expand/scope.ts";
import type { Dockerfile, Instruction } from "../syntax/dockerfile.ts";
import { Mistakes } from "../syntax/mistake.ts";
import { plainWords } from "../syntax/words.ts";
import { fromWords } from "./from.ts";
import { camelCase, type Names } from "./names.ts";
import type { StageDraft } from "./stage-draft.ts";

interface FoundStage {
  readonly from: Instruction;
  readonly name: string | undefined;
  readonly instructions: Instruction[];
}

/**
 * The stages and what they are called in the module. The last is the image; stages that no other begins with or takes files from, and
 * those that are asked for, become images too: nothing else could build them.
 */
export function planStages(
  dockerfile: Dockerfile,
  request: ImportRequest,
  names: Names,
): readonly StageDraft[] {
  const found = findStages(dockerfile);
  const mistakes = new Mistakes(request.file);
  if (found.length === 0) throw mistakes.invalid("there is no FROM in it", { line: 1, column: 1 });
  const unknown = request.targets.find((target) => indexOf(found, target) === undefined);
  if (unknown !== undefined)
    throw mistakes.invalid(`there is no stage ${unknown}`, { line: 1, column: 1 }, `it has ${titles(found)}`);
  const targets = new Set(request.targets.map((target) => indexOf(found, target)));
  const used = usedStages(found);
  const last = found.length - 1;
  const own = names.give(camelCase(request.name), `${camelCase(request.name)}Image`);
  return found.map(({ from, name, instructions }, index) => {
    const isLast = index === last;
    const stem = name ?? `stage${index}`;
    const constant = isLast ? own : names.give(camelCase(stem), `${camelCase(stem)}Stage`);
    const exported = isLast || targets.has(index) || !used.has(index);
    return {
      index,
      name,
      from,
      instructions,
      constant,
      exported,
      imageName: imageName(request.name, constant, exported, isLast ? undefined : stem),
      scope: new Scope(false),
      workdir: undefined,
      shell: ["/bin/sh", "-c"],
      steps: [],
    };
  });
}

/** A name is given where the constant's would be another: stages of many files have the same names. */
function imageName(
  whole: string,
  constant: string,
  exported: boolean,
  stage: string | undefined,
): string | undefined {
  if (!exported) return undefined;
  const name = stage === undefined ? whole : `${whole}-${stage.toLowerCase()}`;
  return kebab(constant) === name ? undefined : name;
}

/** What an export is called: see `Names` of the command line. */
const kebab = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .replace(/_+/g, "-")
    .toLowerCase();

function findStages({ instructions }: Dockerfile): readonly FoundStage[] {
  const found: FoundStage[] = [];
  for (const instruction of instructions) {
    if (instruction.keyword === "FROM")
      found.push({ from: instruction, name: fromWords(instruction.body)?.name, instructions: [] });
    else found.at(-1)?.instructions.push(instruction);
  }
  return found;
}

function indexOf(stages: readonly FoundStage[], target: string): number | undefined {
  if (/^\d+$/.test(target)) return stages[Number(target)] === undefined ? undefined : Number(target);
  const index = stages.findLastIndex(({ name }) => name === target.toLowerCase());
  return index < 0 ? undefined : index;
}

const titles = (stages: readonly FoundStage[]): string =>
  stages.map(({ name }, index) => name ?? String(index)).join(", ");

/** Stages that a later one names; one that a variable may name counts. */
function usedStages(stages: readonly FoundStage[]): ReadonlySet<number> {
  const used = new Set<number>();
  stages.forEach((stage, index) => {
    const before = stages.slice(0, index);
    const use = (name: string): void => {
      const pattern = new RegExp(
        `^${name
          .toLowerCase()
          .replace(/[\\^.*+?()[\]|]/g, "\\$&")
          .replace(/(?:\$\{?\w+\}?)+/g, ".+")}$`,
      );
      before.forEach((one, at) => {
        if (one.name !== undefined && pattern.test(one.name)) used.add(at);
      });
      if (/^\d+$/.test(name) && Number(name) < index) used.add(Number(name));
    };
    const [base] = plainWords(stage.from.body);
    if (base !== undefined && !/^\d+$/.test(base)) use(base);
    for (const { flags } of stage.instructions) {
      for (const { name, value = "" } of flags) {
        if (name === "from") use(value);
        if (name === "mount") use(/(?:^|,)from=([^,]*)/.exec(value)?.[1] ?? "");
      }
    }
  });
  return used;
}
