import type { ImportRequest, ImportSurroundings, StageImage } from "tsdock/plugin";
import { Scope } from "../expand/scope.ts";
import type { Dockerfile, Instruction } from "../syntax/dockerfile.ts";
import { Mistakes } from "../syntax/mistake.ts";
import { plainWords } from "../syntax/words.ts";
import { fromWords } from "./from.ts";
import { camelCase, type Names } from "./names.ts";
import type { StageDraft } from "./stage-draft.ts";
import { stageStems } from "./stage-stems.ts";

interface FoundStage {
  readonly from: Instruction;
  readonly name: string | undefined;
  readonly instructions: Instruction[];
}

/**
 * The stages and what they are called in the module. The last is the image; stages that no other begins with or takes files from, and
 * those that are asked for, become images too: nothing else could build them. A file for several images says which they are.
 */
export function planStages(
  dockerfile: Dockerfile,
  request: ImportRequest,
  names: Names,
): readonly StageDraft[] {
  const found = findStages(dockerfile);
  const mistakes = new Mistakes(request.file);
  if (found.length === 0) throw mistakes.invalid("there is no FROM in it", { line: 1, column: 1 });
  const asked = [
    ...request.targets,
    ...(request.surroundings?.images ?? []).flatMap(({ stage }) => stage ?? []),
  ];
  const unknown = asked.find((target) => indexOf(found, target) === undefined);
  if (unknown !== undefined)
    throw mistakes.invalid(`there is no stage ${unknown}`, { line: 1, column: 1 }, `it has ${titles(found)}`);
  return request.surroundings === undefined
    ? alone(found, request, names)
    : amongOthers(found, request, request.surroundings, names);
}

/** All stages; the last is the image. */
function alone(found: readonly FoundStage[], request: ImportRequest, names: Names): readonly StageDraft[] {
  const targets = new Set(request.targets.map((target) => indexOf(found, target)));
  const used = new Set(stageUses(found).flatMap((uses) => [...uses]));
  const last = found.length - 1;
  const own = names.give(camelCase(request.name), `${camelCase(request.name)}Image`);
  const stems = stageStems(found, (index) => used.has(index));
  return found.map((stage, index) => {
    const isLast = index === last;
    const stem = stems[index] ?? "";
    const constant = isLast ? own : names.give(camelCase(stem), `${camelCase(stem)}Stage`);
    const exported = isLast || targets.has(index) || !used.has(index);
    const name = isLast ? request.name : `${request.name}-${stem}`;
    return {
      ...draft(stage, index, constant),
      exported,
      imageName: exported ? imageNameOf(name, constant) : undefined,
    };
  });
}

/** The stages that images need. One that is a single image's and no other stage's is that image. */
function amongOthers(
  found: readonly FoundStage[],
  request: ImportRequest,
  { images, contexts }: ImportSurroundings,
  names: Names,
): readonly StageDraft[] {
  const replaced = found.map(({ name }) => (name === undefined ? undefined : contexts.get(name)));
  const uses = stageUses(found);
  const wanted = new Set<number>();
  const ofImage = images.map(
    ({ stage }) => (stage === undefined ? found.length - 1 : indexOf(found, stage)) ?? 0,
  );
  const waiting = [...ofImage];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (wanted.has(index) || replaced[index] !== undefined) continue;
    wanted.add(index);
    waiting.push(...(uses[index] ?? []));
  }
  const stems = stageStems(found, (index) => uses.some((used) => used.has(index)));
  const shared = new Set([...wanted].flatMap((index) => [...(uses[index] ?? [])]));
  return found.map((stage, index) => {
    const own = images.filter((_, at) => ofImage[at] === index);
    const alone = own.length === 1 && !shared.has(index);
    const image = own.find(({ before, after }) => alone || before.length + after.length === 0);
    const isWanted = wanted.has(index);
    const constant =
      replaced[index] ?? (isWanted ? stageConstant(stems[index] ?? "", image, request, names) : "");
    const imageName = image === undefined ? undefined : imageNameOf(image.name, constant);
    return {
      ...draft(stage, index, constant),
      wanted: isWanted,
      exported: image !== undefined,
      image,
      imageName,
    };
  });
}

function stageConstant(
  stem: string,
  image: StageImage | undefined,
  request: ImportRequest,
  names: Names,
): string {
  if (image !== undefined) return image.constant;
  return names.give(camelCase(stem), camelCase(`${request.name}-${stem}`), `${camelCase(stem)}Stage`);
}

const draft = (
  { name, from, instructions }: FoundStage,
  index: number,
  constant: string,
): Omit<StageDraft, "exported" | "imageName"> => ({
  index,
  name,
  from,
  instructions,
  constant,
  wanted: true,
  image: undefined,
  scope: new Scope(false),
  workdir: undefined,
  shell: ["/bin/sh", "-c"],
  steps: [],
});

/** A name is given where the constant's would be another. */
export const imageNameOf = (name: string, constant: string): string | undefined =>
  kebab(constant) === name ? undefined : name;

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

function indexOf(stages: readonly Pick<FoundStage, "name">[], target: string): number | undefined {
  if (/^\d+$/.test(target)) return stages[Number(target)] === undefined ? undefined : Number(target);
  const index = stages.findLastIndex(({ name }) => name === target.toLowerCase());
  return index < 0 ? undefined : index;
}

const titles = (stages: readonly FoundStage[]): string =>
  stages.map(({ name }, index) => name ?? String(index)).join(", ");

/** Which earlier stages each names; one that a variable may name counts. */
function stageUses(stages: readonly FoundStage[]): readonly ReadonlySet<number>[] {
  return stages.map((stage, index) => {
    const used = new Set<number>();
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
    return used;
  });
}

/** The stage of a name or number; the last one for none. */
export const stageOf = (stages: readonly StageDraft[], name: string | undefined): StageDraft | undefined =>
  name === undefined ? stages.at(-1) : stages[indexOf(stages, name) ?? -1];
