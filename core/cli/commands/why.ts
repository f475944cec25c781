import { whyImage } from "../../toolkit/why-image.ts";
import type { CommandAction } from "../command.ts";
import { formatExplained } from "../format-why.ts";
import { flagOption, textOption } from "../options.ts";

export const why: CommandAction = async ({ options, args, terminal, host }) => {
  const result = await whyImage(
    {
      image: args[0] ?? "",
      sinceBuild: textOption(options, "sinceBuild"),
      config: textOption(options, "config"),
    },
    host,
  );
  if (flagOption(options, "json")) {
    terminal.out(`${JSON.stringify(result, null, 2)}\n`);
    return 0;
  }
  const { image, build, time, since, later, vertices } = result;
  const compared = since === null ? "" : `, compared with ${since}`;
  const idle = later === 0 ? "" : `; ${later} recorded later ran nothing of it`;
  terminal.out(`${image}: build ${build} at ${time}${compared}${idle}\n`);
  terminal.out(vertices.length === 0 ? "nothing differs\n" : formatExplained(vertices));
  return 0;
};
