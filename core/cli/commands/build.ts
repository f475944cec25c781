import { writeFileSync } from "node:fs";
import path from "node:path";
import { buildImages } from "../../toolkit/build-images.ts";
import type { CommandAction } from "../command.ts";
import { flagOption, listOption, solveSelection, textOption } from "../options.ts";

export const build: CommandAction = async ({ options, args, terminal, host }) => {
  const result = await buildImages(
    {
      ...solveSelection(options, args),
      tags: listOption(options, "tag"),
      outputs: listOption(options, "output"),
      verify: flagOption(options, "verify"),
    },
    host,
  );
  const document = `${JSON.stringify(result, null, 2)}\n`;
  const metadataFile = textOption(options, "metadataFile");
  if (metadataFile !== undefined) writeFileSync(path.resolve(host.cwd, metadataFile), document);
  if (flagOption(options, "json")) terminal.out(document);
  else {
    const { total, cached, ran } = result.vertices;
    terminal.err(
      `${result.images.length} ${result.images.length === 1 ? "image" : "images"}, ${total} steps: ${cached} cached, ${ran} ran, in ${(result.ms / 1000).toFixed(1)}s\n`,
    );
  }
  return 0;
};
