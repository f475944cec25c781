import type { Version } from "./version.ts";

// PEP 440, appendix B.
const grammar =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$/i;

const preNames: Readonly<Record<string, string>> = {
  alpha: "a",
  a: "a",
  beta: "b",
  b: "b",
  c: "rc",
  rc: "rc",
  pre: "rc",
  preview: "rc",
};

/** A version of a Python package, undefined if it is none. */
export function parsePep440(text: string): Version | undefined {
  const found = grammar.exec(text.trim());
  if (found === null) return undefined;
  const [, epoch = "0", release = "", preName, preNumber, shortPost, post, postNumber, dev, devNumber] =
    found;
  const numbers = release.split(".").map(Number);
  const pre = preName === undefined ? undefined : preNames[preName.toLowerCase()];
  const postValue = shortPost ?? (post === undefined ? undefined : postNumber || "0");
  const devValue = dev === undefined ? undefined : devNumber || "0";
  const all = [Number(epoch), ...numbers, Number(preNumber), Number(postValue ?? 0), Number(devValue ?? 0)];
  if (numbers.length > longest || all.some((one) => one > Number.MAX_SAFE_INTEGER)) return undefined;
  const [major = 0, minor = 0, patch = 0] = numbers;
  return {
    scheme: "pep440",
    text: [
      epoch === "0" ? "" : `${Number(epoch)}!`,
      numbers.join("."),
      pre === undefined ? "" : `${pre}${Number(preNumber || 0)}`,
      postValue === undefined ? "" : `.post${Number(postValue)}`,
      devValue === undefined ? "" : `.dev${Number(devValue)}`,
    ].join(""),
    major,
    minor,
    patch,
    stable: pre === undefined && postValue === undefined && devValue === undefined,
    channel: pre ?? (devValue === undefined ? undefined : "dev"),
    order: [
      Number(epoch),
      ...padded(numbers),
      ...preOrder(pre, Number(preNumber || 0), postValue, devValue),
      postValue === undefined ? -1 : Number(postValue),
      devValue === undefined ? Number.POSITIVE_INFINITY : Number(devValue),
    ],
  };
}

/** Zeros at the end do not count; all lists have one length, so that what follows is compared with its like. */
const padded = (numbers: readonly number[]): readonly number[] => [
  ...numbers,
  ...Array.from({ length: Math.max(0, longest - numbers.length) }, () => 0),
];
/** Numbers of a release that are compared: more than any project has. */
const longest = 16;

function preOrder(
  pre: string | undefined,
  number: number,
  post: string | undefined,
  dev: string | undefined,
): readonly number[] {
  if (pre !== undefined) return [["a", "b", "rc"].indexOf(pre), number];
  // A development release of a version comes before its pre-releases, any other without one after them.
  return post === undefined && dev !== undefined ? [-1, 0] : [3, 0];
}
