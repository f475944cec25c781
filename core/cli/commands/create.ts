import { createOne } from "../../toolkit/container-create.ts";
import type { CommandAction } from "../command.ts";
import { runRequest } from "../run-request.ts";

export const create: CommandAction = async ({ options, args, host, terminal }) => {
  terminal.out(`${await createOne(runRequest(options, args), host)}\n`);
  return 0;
};
