import { equal } from "../evaluate/values.ts";
import type { Arguments, HclFunction } from "./arguments.ts";
import { many } from "./arguments.ts";

const finite = (args: Arguments, value: number): number => {
  if (!Number.isFinite(value)) throw args.wrong(`${args.name} gives no number`);
  return value;
};

const two = (run: (a: number, b: number) => number | boolean): HclFunction => [
  2,
  2,
  (args) => {
    const value = run(args.number(0), args.number(1));
    return typeof value === "number" ? finite(args, value) : value;
  },
];
const one = (run: (a: number) => number): HclFunction => [1, 1, (args) => finite(args, run(args.number(0)))];
const numbers = (args: Arguments): readonly number[] => args.values.map((_, index) => args.number(index));

function parseInteger(args: Arguments): number {
  const base = args.whole(1);
  const text = args.text(0).trim().toLowerCase();
  const digits = "0123456789abcdefghijklmnopqrstuvwxyz".slice(0, base);
  if (base < 2 || base > 36) throw args.wrong("a base is 2 to 36");
  if (!/^-?.+$/.test(text) || [...text.replace(/^-/, "")].some((digit) => !digits.includes(digit)))
    throw args.wrong(`${JSON.stringify(text)} is no number of base ${base}`);
  return Number.parseInt(text, base);
}

export const numberFunctions: Readonly<Record<string, HclFunction>> = {
  add: two((a, b) => a + b),
  subtract: two((a, b) => a - b),
  multiply: two((a, b) => a * b),
  divide: two((a, b) => a / b),
  modulo: two((a, b) => (b === 0 ? Number.NaN : a % b)),
  pow: two((a, b) => a ** b),
  log: two((a, b) => Math.log(a) / Math.log(b)),
  negate: one((a) => -a),
  absolute: one(Math.abs),
  ceil: one(Math.ceil),
  floor: one(Math.floor),
  int: one(Math.trunc),
  signum: one(Math.sign),
  max: [1, many, (args) => Math.max(...numbers(args))],
  min: [1, many, (args) => Math.min(...numbers(args))],
  parseint: [2, 2, parseInteger],
  equal: [2, 2, (args) => equal(args.value(0), args.value(1))],
  notequal: [2, 2, (args) => !equal(args.value(0), args.value(1))],
  greaterthan: two((a, b) => a > b),
  greaterthanorequalto: two((a, b) => a >= b),
  lessthan: two((a, b) => a < b),
  lessthanorequalto: two((a, b) => a <= b),
  and: [2, 2, (args) => args.boolean(0) && args.boolean(1)],
  or: [2, 2, (args) => args.boolean(0) || args.boolean(1)],
  not: [1, 1, (args) => !args.boolean(0)],
};
