import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { Invocation } from "../command.ts";
import { printFailure } from "../print-failure.ts";

/**
 * Does something with each container that was named and prints the name, unless `work` gives false; one that fails does not
 * keep the others from it.
 */
export async function eachContainer(
  { args, terminal, options }: Invocation,
  work: (name: string) => Promise<unknown>,
): Promise<number> {
  const codes = await Promise.all(
    args.map(async (name) => {
      try {
        if ((await work(name)) !== false) terminal.out(`${name}\n`);
        return 0;
      } catch (error) {
        if (!isTsdockError(error) || error.code === "INTERRUPTED") throw error;
        return await printFailure(error, { terminal, debug: options["debug"] === true });
      }
    }),
  );
  return codes.find((code) => code !== 0) ?? 0;
}
