import type { Instruction } from "../syntax/dockerfile.ts";
import { plainWords } from "../syntax/words.ts";

interface NamableStage {
  readonly from: Instruction;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/**
 * What stages are called, each another: their names, else what a person would call them: `build` for one that runs something and that others
 * take files from (`node-build`, `golang-build` where there are several), else the name of what it begins with.
 */
export function stageStems(
  stages: readonly NamableStage[],
  isUsed: (index: number) => boolean,
): readonly string[] {
  const taken = new Set<string>();
  const take = (wanted: string): string => {
    let stem = wanted;
    for (let number = 2; taken.has(stem); number += 1) stem = `${wanted}-${number}`;
    taken.add(stem);
    return stem;
  };
  const builds = stages.filter((stage, index) => isBuild(stage) && isUsed(index)).length;
  // Names that are written come first, whatever stands before them.
  const written = stages.map(({ name }) => (name === undefined ? undefined : take(name)));
  return stages.map((stage, index) => {
    const name = written[index];
    if (name !== undefined) return name;
    const base = baseName(stage);
    if (!isBuild(stage) || !isUsed(index)) return take(base ?? `stage${index}`);
    return take(builds === 1 || base === undefined ? "build" : `${base}-build`);
  });
}

const isBuild = ({ name, instructions }: NamableStage): boolean =>
  name === undefined && instructions.some(({ keyword }) => keyword === "RUN");

/** `golang` of `registry.example/library/golang:1.22@sha256:…`; undefined where a variable says it. */
function baseName({ from }: NamableStage): string | undefined {
  const [reference = ""] = plainWords(from.body);
  const [, last = ""] = /([^/]*)$/.exec(reference.replace(/@.*$/, "")) ?? [];
  const name = last.replace(/:.*$/, "").toLowerCase();
  return /^[a-z][a-z0-9._-]*$/.test(name) ? (name === "scratch" ? "files" : name) : undefined;
}
