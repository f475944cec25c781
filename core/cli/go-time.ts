/** A time as Go's `time.Time` prints itself and docker's CREATED AT shows it: `2030-01-31 12:00:00 +0000 UTC`. */
export function goTime(time: string): string {
  const [day = "", clock = ""] = new Date(time).toISOString().split("T");
  return `${day} ${clock.replace(/(?:\.000|(\.\d*?)0*)Z$/, "$1")} +0000 UTC`;
}
