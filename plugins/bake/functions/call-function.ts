import type { Budget } from "../evaluate/budget.ts";
import { invalid, type Spot } from "../hcl/source.ts";
import type { HclValue } from "../hcl/syntax.ts";
import { Arguments, type HclFunction } from "./arguments.ts";
import { codingFunctions } from "./coding-functions.ts";
import { listFunctions } from "./list-functions.ts";
import { networkFunctions } from "./network-functions.ts";
import { numberFunctions } from "./number-functions.ts";
import { textFunctions } from "./text-functions.ts";
import { timeFunctions } from "./time-functions.ts";

const functions: Readonly<Record<string, HclFunction>> = {
  ...numberFunctions,
  ...textFunctions,
  ...listFunctions,
  ...codingFunctions,
  ...networkFunctions,
  ...timeFunctions,
};

/** Calls a function that the language brings. Error `IMPORT_INVALID`. */
export function callFunction(
  name: string,
  values: readonly HclValue[],
  spot: Spot,
  budget: Budget,
): HclValue {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found === undefined) throw invalid(`there is no function ${name}`, spot);
  const [least, most, run] = found;
  if (values.length < least || values.length > most) {
    const wanted =
      least === most
        ? String(least)
        : most === Number.POSITIVE_INFINITY
          ? `${least} or more`
          : `${least} to ${most}`;
    throw invalid(`${name} takes ${wanted} arguments and is given ${values.length}`, spot);
  }
  for (const value of values) budget.spendOn(value, spot);
  const result = run(new Arguments(name, values, spot, budget));
  budget.spend(Array.isArray(result) || typeof result === "string" ? result.length : 1, spot);
  return result;
}
