import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildImages } from "../../toolkit/build-images.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { CommandAction, ParsedOptions } from "../command.ts";
import { buildSummary, explainTo } from "../build-output.ts";
import { flagOption, listOption, solveSelection, textOption } from "../options.ts";

/** Absolute; error `USAGE` where its directory is not there, which is said before anything is built. */
function metadataPath(options: ParsedOptions, cwd: string): string | undefined {
  const given = textOption(options, "metadataFile");
  const file = given === undefined ? undefined : path.resolve(cwd, given);
  if (file === undefined || existsSync(path.dirname(file))) return file;
  throw new TsdockError("USAGE", `--metadata-file ${given ?? ""}: ${path.dirname(file)} does not exist`, {
    hint: "make the directory, or name another file",
  });
}

function writeMetadata(file: string, document: string): void {
  try {
    writeFileSync(file, document);
  } catch (error) {
    throw new TsdockError("OUTPUT_UNWRITABLE", `${file} cannot be written: ${(error as Error).message}`, {
      hint: "the images are built: name a file that you may write",
      cause: error,
    });
  }
}

export const build: CommandAction = async ({ options, args, terminal, host }) => {
  const metadataFile = metadataPath(options, host.cwd);
  const json = flagOption(options, "json");
  const explain = flagOption(options, "explain") ? await explainTo(json ? undefined : terminal) : undefined;
  const result = await buildImages(
    {
      ...solveSelection(options, args),
      tags: listOption(options, "tag"),
      outputs: listOption(options, "output"),
      load: textOption(options, "load"),
      verify: flagOption(options, "verify"),
      explain,
    },
    host,
  );
  const document = `${JSON.stringify(result, null, 2)}\n`;
  if (metadataFile !== undefined) writeMetadata(metadataFile, document);
  if (json) terminal.out(document);
  else terminal.err(`${buildSummary(result)}\n`);
  return 0;
};
