import { type AffectedResult, affectedImages } from "../../toolkit/affected-images.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { CommandAction } from "../command.ts";
import { assignments, commaList, flagOption, textOption } from "../options.ts";

export const affected: CommandAction = async ({ options, terminal, host }) => {
  const since = textOption(options, "since");
  if (since === undefined)
    throw new TsdockError("USAGE", "affected needs to know since when", {
      hint: "name a branch, tag or commit: tsdock affected --since origin/main",
    });
  const result = await affectedImages(
    {
      since,
      platforms: commaList(options, "platform"),
      params: assignments(options, "set"),
      config: textOption(options, "config"),
    },
    host,
  );
  if (flagOption(options, "json")) terminal.out(`${JSON.stringify(result, null, 2)}\n`);
  else if (textOption(options, "format") === "github-matrix")
    terminal.out(`${JSON.stringify({ include: result.images.map(({ name }) => ({ image: name })) })}\n`);
  else terminal.out(asText(result));
  if (result.reason !== null && !flagOption(options, "json"))
    terminal.err(`every image counts as affected: ${result.reason}\n`);
  return flagOption(options, "exitCode") && isAffected(result) ? 3 : 0;
};

const isAffected = ({ images, removed }: AffectedResult): boolean => images.length + removed.length > 0;

/** A line for each image and below it one for each way from files to it. */
function asText({ images, removed }: AffectedResult): string {
  const lines = images.flatMap(({ name, change, causes }) => [
    change === "changed" ? name : `${name} (${change})`,
    ...causes.map(({ files, vertex, through }) => {
      const [first = "its declaration", ...more] = files;
      const start = more.length === 0 ? first : `${first} and ${more.length} more`;
      return `  ${[start, ...(vertex === null ? [] : [vertex]), ...through, name].join(" → ")}`;
    }),
  ]);
  return [...lines, ...removed.map((name) => `${name} (removed)`)].map((line) => `${line}\n`).join("");
}
