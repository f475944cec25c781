import type { Digest } from "../oci/spec/digest.ts";
import { ask, type Engine, mustAsk } from "./engine.ts";

/** Command lines have an end. */
const atOnce = 200;

/**
 * How many layers of an image, from the lowest, an engine has already: those that one of its images begins with too. An
 * image that goes meanwhile counts as none.
 */
export async function knownLayers(engine: Engine, diffIds: readonly Digest[]): Promise<number> {
  const listed = await mustAsk(engine, ["image", "ls", "--all", "--quiet", "--no-trunc"]);
  const ids = [...new Set(listed.split("\n").filter((line) => line !== ""))];
  let most = 0;
  for (let from = 0; from < ids.length; from += atOnce) {
    const format = ["--format", "{{json .RootFS.Layers}}"];
    const { stdout } = await ask(engine, ["image", "inspect", ...format, ...ids.slice(from, from + atOnce)]);
    for (const line of stdout.split("\n")) most = Math.max(most, commonStart(layersOf(line), diffIds));
  }
  return most;
}

const layersOf = (line: string): readonly string[] =>
  line === "" ? [] : ((JSON.parse(line) as readonly string[] | null) ?? []);

function commonStart(one: readonly string[], other: readonly string[]): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
