import type { EventSink } from "../events.ts";

/** So many are named. */
const longest = 3;

/** Says once in a run what was looked up because no lock pins it: the next run may get something else. */
export function tellUnlocked(resolved: ReadonlySet<string>, emit: EventSink): void {
  if (resolved.size === 0) return;
  const names = [...resolved].sort();
  const shown = names.slice(0, longest).join(", ");
  const more = names.length > longest ? ` and ${names.length - longest} more` : "";
  const rest =
    names.length === 1
      ? "is not in tsdock.lock and was looked up: tsdock lock pins it"
      : "are not in tsdock.lock and were looked up: tsdock lock pins them";
  emit({ type: "notice", message: `${shown}${more} ${rest}` });
}
