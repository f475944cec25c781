import { diffImages, type ImageDiff } from "../../toolkit/image-diff.ts";
import { plainText } from "../../util/plain-text.ts";
import type { CommandAction } from "../command.ts";
import { commaList, flagOption } from "../options.ts";

export const imageDiff: CommandAction = async ({ options, args, terminal, host }) => {
  const [before = "", after = ""] = args;
  const diff = await diffImages({ before, after, platform: commaList(options, "platform")[0] }, host);
  if (flagOption(options, "json")) terminal.out(`${JSON.stringify(diff, null, 2)}\n`);
  else for (const line of lines(diff)) terminal.out(`${plainText(line).replaceAll("\n", "\\n")}\n`);
  return 0;
};

const marks = { added: "A", removed: "D", changed: "C" } as const;

/** Letters as `docker diff` has them. */
function* lines({ files, config }: ImageDiff): Generator<string> {
  for (const { path, change, what, from, to } of files) {
    const size = from === to || change !== "changed" ? "" : ` ${from ?? 0} → ${to ?? 0} bytes`;
    const details = what.length === 0 ? "" : ` (${what.join(", ")}${size})`;
    yield `${marks[change]} ${path}${details}`;
  }
  for (const { path, from, to } of config) {
    if (from === null) yield `A ${path}: ${JSON.stringify(to)}`;
    else if (to === null) yield `D ${path}: ${JSON.stringify(from)}`;
    else yield `C ${path}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`;
  }
}
