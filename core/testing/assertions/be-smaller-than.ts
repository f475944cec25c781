import { TsdockError } from "../../errors/tsdock-error.ts";
import type { ImageUnderTest } from "../../toolkit/image-under-test.ts";
import { humanSize } from "../../toolkit/sizes.ts";
import type { Verdict } from "./verdict.ts";

const units = {
  "": 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
} as const;

/** Bytes, or text: `"20MB"` is 20,000,000, as docker and `tsdock image ls` count, `"20MiB"` 20 times 2²⁰. */
export type ImageSize = number | `${number}${keyof typeof units}`;

/** Whether an image's size, as `tsdock image ls` shows it, is below a limit. */
export function beSmallerThan(image: ImageUnderTest, limit: ImageSize): Verdict {
  const most = bytesOf(limit);
  return {
    pass: image.size < most,
    what: `to be smaller than ${typeof limit === "number" ? humanSize(limit) : limit}`,
    reason: `it has ${humanSize(image.size)}${largest(image)}`,
    compared: { actual: image.size, expected: most },
  };
}

/** Error `USAGE`. */
function bytesOf(limit: ImageSize): number {
  if (typeof limit === "number") return limit;
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([kKMG]?i?B?)$/.exec(limit) ?? [];
  if (amount !== "" && Object.hasOwn(units, unit)) return Number(amount) * units[unit as keyof typeof units];
  throw new TsdockError("USAGE", `${JSON.stringify(limit)} is no size`, {
    hint: 'write "20MB", "20MiB" or a number of bytes',
  });
}

function largest({ layers }: ImageUnderTest): string {
  const [first] = [...layers].sort((a, b) => b.size - a.size);
  return first === undefined
    ? ""
    : `, ${humanSize(first.size)} of it by ${first.createdBy || "a layer that does not say"}`;
}
