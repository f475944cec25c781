import { exportAsOci } from "../../toolkit/export/export-oci.ts";
import type { CommandAction } from "../command.ts";
import { solveSelection, textOption } from "../options.ts";

export const exportOci: CommandAction = async ({ options, args, host }) => {
  await exportAsOci(solveSelection(options, args), textOption(options, "output"), host);
  return 0;
};
