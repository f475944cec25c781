import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Healthcheck } from "../../oci/spec/image-config.ts";
import { parseCount, parseDuration } from "./parse-amounts.ts";

/** As `--health-*` and `--no-healthcheck` give them. */
export interface HealthOptions {
  readonly disabled: boolean;
  readonly command: string | undefined;
  readonly interval: string | undefined;
  readonly timeout: string | undefined;
  readonly startPeriod: string | undefined;
  readonly retries: string | undefined;
}

/** The image's HEALTHCHECK with what the options replace; undefined where nothing is checked. Errors `DURATION_INVALID`, `USAGE`. */
export function healthSettings(
  image: Healthcheck | undefined,
  options: HealthOptions,
): Healthcheck | undefined {
  const { disabled, ...given } = options;
  const { command, interval, timeout, startPeriod, retries } = given;
  if (disabled) {
    if (Object.values(given).every((value) => value === undefined)) return { Test: ["NONE"] };
    throw new TsdockError("USAGE", "--no-healthcheck conflicts with --health-* options", {
      hint: "leave out one of them",
    });
  }
  const settings: Healthcheck = {
    ...image,
    ...(command === undefined ? {} : { Test: ["CMD-SHELL", command] }),
    ...(interval === undefined ? {} : { Interval: parseDuration(interval, "health-interval") }),
    ...(timeout === undefined ? {} : { Timeout: parseDuration(timeout, "health-timeout") }),
    ...(startPeriod === undefined ? {} : { StartPeriod: parseDuration(startPeriod, "health-start-period") }),
    ...(retries === undefined ? {} : { Retries: parseCount(retries, "health-retries", 0) }),
  };
  if ((settings.Test ?? []).length === 0) return undefined;
  checkTimes(settings);
  return settings;
}

const leastNanoseconds = 1e6;

/** What an image says may be anything: checks without a pause would take the whole machine. Docker's own bounds. */
function checkTimes(settings: Healthcheck): void {
  const { Interval, Timeout, StartPeriod, StartInterval } = settings;
  for (const [name, value] of Object.entries({ Interval, Timeout, StartPeriod, StartInterval })) {
    if ((value ?? 0) === 0 || (value ?? 0) >= leastNanoseconds) continue;
    throw new TsdockError(
      "DURATION_INVALID",
      `the image's HEALTHCHECK has ${name} ${value} ns, less than 1ms`,
      {
        hint: "give --health-interval, --health-timeout or --health-start-period, or --no-healthcheck",
      },
    );
  }
  if ((settings.Retries ?? 0) >= 0) return;
  throw new TsdockError("DURATION_INVALID", `the image's HEALTHCHECK has ${settings.Retries} retries`, {
    hint: "give --health-retries, or --no-healthcheck",
  });
}
