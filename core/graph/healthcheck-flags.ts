import type { Healthcheck } from "../oci/spec/image-config.ts";

const nanoseconds = 1e9;

/** `--interval=30s`, `--retries=3`: how a Dockerfile says when a check runs and what its results mean. */
export function healthcheckFlags(check: Healthcheck): readonly string[] {
  const durations = {
    interval: check.Interval,
    timeout: check.Timeout,
    "start-period": check.StartPeriod,
    "start-interval": check.StartInterval,
  };
  const flags = Object.entries(durations).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value / nanoseconds}s`],
  );
  return check.Retries === undefined ? flags : [...flags, `--retries=${check.Retries}`];
}
