import { renameOne } from "../../toolkit/container-operations.ts";
import type { CommandAction } from "../command.ts";

export const rename: CommandAction = async ({ args, host }) => {
  const [name = "", wanted = ""] = args;
  await renameOne(name, wanted, host);
  return 0;
};
