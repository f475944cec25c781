import type { Version } from "./version.ts";

const number = "(?:0|[1-9]\\d*)";
const identifier = `(?:${number}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
// https://semver.org, with a `v` in front, as git tags have it.
const grammar = new RegExp(
  `^v?(${number})\\.(${number})\\.(${number})(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** A semantic version, undefined if it is none: all three numbers are needed. */
export function parseSemver(text: string): Version | undefined {
  const [, major, minor, patch, pre] = grammar.exec(text) ?? [];
  if (major === undefined) return undefined;
  const numbers = [major, minor, patch].map(Number);
  const [first = 0, second = 0, third = 0] = numbers;
  const identifiers = pre?.split(".").map((one) => (/^\d+$/.test(one) ? Number(one) : one)) ?? [];
  if ([...numbers, ...identifiers].some((one) => typeof one === "number" && !Number.isSafeInteger(one)))
    return undefined;
  return {
    scheme: "semver",
    text: `${numbers.join(".")}${pre === undefined ? "" : `-${pre}`}`,
    major: first,
    minor: second,
    patch: third,
    stable: pre === undefined,
    channel: identifiers.find((one) => typeof one === "string"),
    // A version comes after all of its pre-releases.
    order: [...numbers, pre === undefined ? 1 : 0, ...identifiers],
  };
}
