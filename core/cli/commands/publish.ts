import type { CommandAction, Invocation, ParsedOptions } from "../command.ts";
import { flagOption, listOption, solveSelection, textOption } from "../options.ts";
import { installedVersion } from "../../toolkit/installation.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { formatPublishTable, formatUndoTable } from "../format-publish.ts";

export const publish: CommandAction = async (invocation) => {
  const { options, args } = invocation;
  if (flagOption(options, "undo")) {
    refuse(options, args, "--undo", ["registry", "journal", "dryRun"]);
    return undo(invocation);
  }
  if (textOption(options, "plan") !== undefined) {
    refuse(options, args, "--plan", ["plan", "dryRun", "journal", "record"]);
    return runPlan(invocation);
  }
  const { publishImages } = await import("../../toolkit/publish-images.ts");
  const result = await publishImages(
    {
      ...solveSelection(options, args),
      ...common(options),
      registry: textOption(options, "registry"),
      tags: listOption(options, "tag"),
      immutable: flagOption(options, "immutable"),
      ref: textOption(options, "ref"),
      revision: textOption(options, "revision"),
      release: textOption(options, "release"),
      allowDirty: flagOption(options, "allowDirty"),
      onlyChanged: flagOption(options, "onlyChanged"),
      since: textOption(options, "since"),
      planOut: textOption(options, "planOut"),
      sbom: textOption(options, "sbom"),
      provenance: textOption(options, "provenance"),
      version: installedVersion(),
    },
    invocation.host,
  );
  print(invocation, result, formatPublishTable(result, flagOption(options, "dryRun")));
  return 0;
};

const common = (options: ParsedOptions) => ({
  dryRun: flagOption(options, "dryRun"),
  journal: textOption(options, "journal"),
  record: textOption(options, "record"),
  config: textOption(options, "config"),
});

async function runPlan(invocation: Invocation): Promise<number> {
  const { publishPlan } = await import("../../toolkit/publish-plan.ts");
  const { options, host } = invocation;
  const result = await publishPlan({ ...common(options), plan: textOption(options, "plan") ?? "" }, host);
  print(invocation, result, formatPublishTable(result, flagOption(options, "dryRun")));
  return 0;
}

/** Exit code 1 where a tag is not what it was before. */
async function undo(invocation: Invocation): Promise<number> {
  const { undoPublish } = await import("../../toolkit/undo-publish.ts");
  const { options, host } = invocation;
  const result = await undoPublish({ ...common(options), registry: textOption(options, "registry") }, host);
  print(invocation, result, formatUndoTable(result));
  return result.complete ? 0 : 1;
}

function print({ options, terminal }: Invocation, document: object, table: string): void {
  terminal.out(flagOption(options, "json") ? `${JSON.stringify(document, null, 2)}\n` : table);
}

/** Options that do not go together are not quietly left out. */
function refuse(
  options: ParsedOptions,
  args: readonly string[],
  mode: string,
  allowed: readonly string[],
): void {
  const known = [...allowed, "undo", "json", "config", "cwd", "progress", "debug"];
  // Commander stores `--no-cache` as `cache`, which is true unless it was given.
  const given = Object.entries(options).filter(([name, value]) => name !== "cache" || value !== true);
  const other = given.map(([name]) => name).find((name) => !known.includes(name));
  const what =
    args.length > 0
      ? "names of images"
      : other && `--${other.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (what === undefined) return;
  throw new TsdockError("USAGE", `${what} cannot be given together with ${mode}`, {
    hint: `leave it out: ${mode} says by itself what is meant`,
  });
}
