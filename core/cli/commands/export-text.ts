import { exportAsBake } from "../../toolkit/export/export-bake.ts";
import { exportAsDockerfile } from "../../toolkit/export/export-dockerfile.ts";
import type { ExportRequest } from "../../toolkit/export/export-request.ts";
import type { Host } from "../../toolkit/host.ts";
import type { CommandAction, Invocation } from "../command.ts";
import { assignments, commaList, textOption } from "../options.ts";

const printed =
  (write: (request: ExportRequest, host: Host) => Promise<string | undefined>): CommandAction =>
  async ({ options, args, terminal, host }: Invocation) => {
    const request: ExportRequest = {
      images: args,
      platforms: commaList(options, "platform"),
      params: assignments(options, "set"),
      config: textOption(options, "config"),
      output: textOption(options, "output"),
    };
    const text = await write(request, host);
    if (text !== undefined) terminal.out(text);
    return 0;
  };

export const exportDockerfile = printed(exportAsDockerfile);
export const exportBake = printed(exportAsBake);
