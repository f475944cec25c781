type Parts = Readonly<Record<"year" | "month" | "day" | "hour" | "minute" | "second", number>> & {
  readonly ms: number;
  /** Minutes east of UTC. */
  readonly offset: number;
};

const months = "January February March April May June July August September October November December".split(
  " ",
);
const days = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const token =
  /\[([^\]]*)\]|YYYY|YY|Qo|Q|MMMM|MMM|MM|Mo|M|DDDD|DDDo|DDD|DD|Do|D|dddd|ddd|dd|do|d|e|E|GGGG|GG|WW|Wo|W|HH|H|hh|h|kk|k|mm|m|ss|s|SSS|SS|S|ZZ|Z|X|x|A|a/g;

const two = (value: number): string => String(value).padStart(2, "0");

/** A time in the notation of moment.js; undefined if there is no such time zone. `time`: milliseconds since 1970. */
export function formatDate(time: number, format: string, zone: string): string | undefined {
  const parts = partsOf(time, zone);
  if (parts === undefined) return undefined;
  const table = tokens(parts, time);
  return format.replace(token, (found, literal: string | undefined) => literal ?? table[found] ?? found);
}

function partsOf(time: number, zone: string): Parts | undefined {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    const found = new Map(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const get = (type: Intl.DateTimeFormatPartTypes): number => found.get(type) ?? 0;
    const [year, month, day] = [get("year"), get("month"), get("day")];
    const [hour, minute, second] = [get("hour"), get("minute"), get("second")];
    const local = Date.UTC(year, month - 1, day, hour, minute, second);
    const offset = Math.round((local - Math.floor(time / 1000) * 1000) / 60_000);
    return { year, month, day, hour, minute, second, ms: ((time % 1000) + 1000) % 1000, offset };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function tokens(parts: Parts, time: number): Readonly<Record<string, string>> {
  return { ...dateTokens(parts), ...timeTokens(parts, time) };
}

function dateTokens({ year, month, day }: Parts): Readonly<Record<string, string>> {
  const midnight = Date.UTC(year, month - 1, day);
  const weekday = new Date(midnight).getUTCDay();
  const ofYear = Math.round((midnight - Date.UTC(year, 0, 1)) / dayMs) + 1;
  const quarter = Math.ceil(month / 3);
  const week = isoWeek(midnight);
  const [monthName = "", dayName = ""] = [months[month - 1], days[weekday]];
  return {
    YYYY: String(year).padStart(4, "0"),
    YY: two(year % 100),
    Q: String(quarter),
    Qo: ordinal(quarter),
    MMMM: monthName,
    MMM: monthName.slice(0, 3),
    MM: two(month),
    Mo: ordinal(month),
    M: String(month),
    DDDD: String(ofYear).padStart(3, "0"),
    DDDo: ordinal(ofYear),
    DDD: String(ofYear),
    DD: two(day),
    Do: ordinal(day),
    D: String(day),
    dddd: dayName,
    ddd: dayName.slice(0, 3),
    dd: dayName.slice(0, 2),
    do: ordinal(weekday),
    d: String(weekday),
    e: String(weekday),
    E: String(weekday === 0 ? 7 : weekday),
    GGGG: String(week.year),
    GG: two(week.year % 100),
    WW: two(week.number),
    Wo: ordinal(week.number),
    W: String(week.number),
  };
}

function timeTokens(
  { hour, minute, second, ms, offset }: Parts,
  time: number,
): Readonly<Record<string, string>> {
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  const size = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}`;
  return {
    HH: two(hour),
    H: String(hour),
    hh: two(twelve),
    h: String(twelve),
    kk: two(hour === 0 ? 24 : hour),
    k: String(hour === 0 ? 24 : hour),
    mm: two(minute),
    m: String(minute),
    ss: two(second),
    s: String(second),
    SSS: String(ms).padStart(3, "0"),
    SS: two(Math.floor(ms / 10)),
    S: String(Math.floor(ms / 100)),
    A: hour < 12 ? "AM" : "PM",
    a: hour < 12 ? "am" : "pm",
    Z: `${zone}:${two(size % 60)}`,
    ZZ: zone + two(size % 60),
    X: String(Math.floor(time / 1000)),
    x: String(time),
  };
}

const dayMs = 86_400_000;

/** The week of ISO 8601, which belongs to the year of its Thursday. */
function isoWeek(midnight: number): { readonly year: number; readonly number: number } {
  const weekday = (new Date(midnight).getUTCDay() + 6) % 7;
  const thursday = midnight + (3 - weekday) * dayMs;
  const year = new Date(thursday).getUTCFullYear();
  return { year, number: Math.floor((thursday - Date.UTC(year, 0, 1)) / dayMs / 7) + 1 };
}

function ordinal(value: number): string {
  const [ones, tens] = [value % 10, Math.floor((value % 100) / 10)];
  const ending = tens === 1 ? "th" : (["th", "st", "nd", "rd"][ones] ?? "th");
  return `${value}${ending}`;
}
