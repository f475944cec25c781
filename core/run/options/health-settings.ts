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

/** The image's HEALTHCHECK with what the options replace; undefined where nothing is checked. */
export function healthSettings(
  image: Healthcheck | undefined,
  options: HealthOptions,
): Healthcheck | undefined {
  if (options.disabled) return { Test: ["NONE"] };
  const { command, interval, timeout, startPeriod, retries } = options;
  const settings: Healthcheck = {
    ...image,
    ...(command === undefined ? {} : { Test: ["CMD-SHELL", command] }),
    ...(interval === undefined ? {} : { Interval: parseDuration(interval, "health-interval") }),
    ...(timeout === undefined ? {} : { Timeout: parseDuration(timeout, "health-timeout") }),
    ...(startPeriod === undefined ? {} : { StartPeriod: parseDuration(startPeriod, "health-start-period") }),
    ...(retries === undefined ? {} : { Retries: parseCount(retries, "health-retries", 1) }),
  };
  return settings.Test === undefined || settings.Test.length === 0 ? undefined : settings;
}
