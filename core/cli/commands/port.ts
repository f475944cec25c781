import { containerPorts } from "../../toolkit/container-ports.ts";
import type { CommandAction } from "../command.ts";

export const port: CommandAction = async ({ args, host, terminal }) => {
  const [name = "", wanted] = args;
  for (const { port: inside, address } of await containerPorts(name, wanted, host))
    terminal.out(wanted === undefined ? `${inside} -> ${address}\n` : `${address}\n`);
  return 0;
};
