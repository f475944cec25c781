/**
 * A time as Go's `time.Time` prints itself and docker's CREATED AT shows it: `2030-01-31 12:00:00 +0000 UTC`; of containers docker knows
 * no more than seconds there.
 */
export function goTime(time: string, to: "seconds" | "all" = "all"): string {
  const [day = "", clock = ""] = new Date(time).toISOString().split("T");
  const shown = to === "seconds" ? clock.slice(0, 8) : clock.replace(/(?:\.000|(\.\d*?)0*)Z$/, "$1");
  return `${day} ${shown} +0000 UTC`;
}
