import type { Constraints } from "../install/target.ts";

type Test = (target: Required<Constraints>) => boolean;

const isIn = (list: readonly string[] | undefined, value: string): boolean => list?.includes(value) === true;

/**
 * Yarn's conditions: `os=linux & cpu=x64 & (libc=glibc | libc=musl)`, with `!`. What cannot be read is never fulfilled
 * by mistake: it holds for every platform, and what is not for it shows when it is installed.
 */
export function parseConditions(text: string): Test {
  const tokens = text.match(/[()&|!]|[^\s()&|!]+/g) ?? [];
  let at = 0;
  const alternatives = (): Test => {
    const tests = [all()];
    while (tokens[at] === "|") {
      at++;
      tests.push(all());
    }
    return (target) => tests.some((test) => test(target));
  };
  const all = (): Test => {
    const tests = [one()];
    while (tokens[at] === "&") {
      at++;
      tests.push(one());
    }
    return (target) => tests.every((test) => test(target));
  };
  const one = (): Test => {
    const token = tokens[at++] ?? "";
    if (token === "!") {
      const test = one();
      return (target) => !test(target);
    }
    if (token === "(") {
      const test = alternatives();
      at++;
      return test;
    }
    const [key, value = ""] = token.split("=");
    return (target) => !(key === "os" || key === "cpu" || key === "libc") || isIn(target[key], value);
  };
  return alternatives();
}
