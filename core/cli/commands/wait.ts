import { waitForOne } from "../../toolkit/container-wait.ts";
import type { CommandAction } from "../command.ts";

export const wait: CommandAction = async ({ args, host, terminal }) => {
  const codes = await Promise.all(args.map((name) => waitForOne(name, host)));
  for (const code of codes) terminal.out(`${code}\n`);
  return 0;
};
