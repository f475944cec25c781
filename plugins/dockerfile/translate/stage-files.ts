import { type Layout, raw } from "../print/layout.ts";
import { quoted } from "../print/literals.ts";
import type { Setting } from "./setting.ts";

/** What a named context says that a name means. */
export const contextOf = (setting: Setting, name: string): string | undefined =>
  setting.file.request.surroundings?.contexts.get(familiarName(name));

/** `docker.io/library/alpine:latest` → `alpine`. */
export const familiarName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, "")
    .replace(/:latest$/, "");

/** What `--from=` and `from=` name: an earlier stage by name or number, else an image. */
export function filesOf(setting: Setting, name: string, word: string): Layout {
  const { stages } = setting.file;
  const own = setting.stage.index;
  if (/^\d+$/.test(name)) {
    const stage = stages[Number(name)];
    if (stage === undefined || stage.index >= own)
      throw setting.invalid(`there is no stage ${name} before this one`, word, "stages count from 0");
    return raw(stage.constant);
  }
  const wanted = name.toLowerCase();
  const before = stages.findLast((stage) => stage.index < own && stage.name === wanted);
  if (before !== undefined) return raw(before.constant);
  if (stages.some((stage) => stage.name === wanted))
    throw setting.invalid(`the stage ${name} does not come before this one`, word, "move it up");
  const context = contextOf(setting, name);
  if (context !== undefined) return raw(context);
  if (wanted === "scratch") throw setting.unsupported("scratch has no files to take", word);
  return raw(quoted(name));
}
