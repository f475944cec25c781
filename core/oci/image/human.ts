const units = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Bytes as docker prints them: four significant digits, powers of a thousand (`2.37MB`); go-units' `HumanSizeWithPrecision`. */
export function humanSize(bytes: number, digits = 4): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${general(value, digits)}${units[unit] ?? ""}`;
}

/** `%.{digits}g` of Go, except that 999999 is `1000kB` where docker prints `1e+03kB`. */
function general(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  const plain = text.includes("e") ? String(Number(text)) : text;
  return plain.includes(".") ? plain.replace(/\.?0+$/, "") : plain;
}

/** `docker history` prints three significant digits, `docker image ls` the same; go-units' `HumanSizeWithPrecision(size, 3)`. */
export const imageSize = (bytes: number): string => humanSize(bytes, 3);

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How long something takes or took, as docker prints it (go-units' `HumanDuration`). Milliseconds. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  const minutes = Math.trunc(seconds / minute);
  // Hours alone are rounded; everything above counts from them.
  const hours = Math.round(ms / 1000 / hour);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < minute) return `${seconds} seconds`;
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(ms / 1000 / day / 365)} years`;
}

/** The CREATED column: `3 minutes ago`. Times in milliseconds since 1970. */
export const humanAge = (created: number, now: number): string => `${humanDuration(now - created)} ago`;
