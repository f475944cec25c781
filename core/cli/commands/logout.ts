import { logout as logOut } from "../../toolkit/login.ts";
import type { CommandAction } from "../command.ts";

export const logout: CommandAction = async ({ args, terminal, host }) => {
  const { registry, known } = await logOut({ server: args[0] }, host);
  terminal.out(known ? `Removing login credentials for ${registry}\n` : `Not logged in to ${registry}\n`);
  return 0;
};
