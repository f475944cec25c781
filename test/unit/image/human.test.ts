import { describe, expect, it } from "vitest";
import { humanDuration, humanSize, imageSize } from "../../../core/oci/image/human.ts";

describe("sizes as docker prints them", () => {
  it.each([
    [0, "0B", "0B"],
    [999, "999B", "999B"],
    [1000, "1kB", "1kB"],
    [2_372_416, "2.372MB", "2.37MB"],
    [592_219_213, "592.2MB", "592MB"],
    [999_999, "1000kB", "1000kB"],
    [1_000_000_000, "1GB", "1GB"],
    [13_256, "13.26kB", "13.3kB"],
  ])("%i", (bytes, four, three) => {
    expect([humanSize(bytes), imageSize(bytes)]).toEqual([four, three]);
  });
});

describe("ages as docker prints them", () => {
  const [second, minute, hour, day] = [1, 60, 3600, 86_400];
  it.each([
    [0.4, "Less than a second"],
    [second, "1 second"],
    [59 * second, "59 seconds"],
    [minute, "About a minute"],
    [119, "About a minute"],
    [3 * minute, "3 minutes"],
    [59 * minute, "59 minutes"],
    [hour, "About an hour"],
    [1.4 * hour, "About an hour"],
    [1.6 * hour, "2 hours"],
    [47 * hour, "47 hours"],
    [2 * day, "2 days"],
    [13 * day, "13 days"],
    [14 * day, "2 weeks"],
    [59 * day, "8 weeks"],
    [60 * day, "2 months"],
    [700 * day, "23 months"],
    [730 * day, "2 years"],
  ])("%d s", (seconds, expected) => {
    expect(humanDuration(seconds * 1000)).toBe(expected);
  });
});
