import { objectOf } from "../evaluate/values.ts";
import type { Arguments, HclFunction } from "./arguments.ts";

const stamp = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const days = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const months = "January February March April May June July August September October November December".split(
  " ",
);

interface Moment {
  /** As a clock there shows it, in UTC's fields. */
  readonly local: Date;
  readonly zone: string;
}

function momentOf(args: Arguments, text: string): Moment {
  const zone = stamp.exec(text)?.[7];
  const time = Date.parse(text);
  if (zone === undefined || Number.isNaN(time))
    throw args.wrong(`${JSON.stringify(text)} is no time such as 2024-05-06T07:08:09Z`);
  return { local: new Date(time + zoneMinutes(zone) * 60_000), zone };
}

const zoneMinutes = (zone: string): number =>
  zone === "Z"
    ? 0
    : (zone.startsWith("-") ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));

const twoDigits = (number: number): string => String(number).padStart(2, "0");

const verbs: Readonly<Record<string, (moment: Moment) => string>> = {
  YYYY: ({ local }) => String(local.getUTCFullYear()).padStart(4, "0"),
  YY: ({ local }) => twoDigits(local.getUTCFullYear() % 100),
  MMMM: ({ local }) => months[local.getUTCMonth()] ?? "",
  MMM: ({ local }) => (months[local.getUTCMonth()] ?? "").slice(0, 3),
  MM: ({ local }) => twoDigits(local.getUTCMonth() + 1),
  M: ({ local }) => String(local.getUTCMonth() + 1),
  DD: ({ local }) => twoDigits(local.getUTCDate()),
  D: ({ local }) => String(local.getUTCDate()),
  EEEE: ({ local }) => days[local.getUTCDay()] ?? "",
  EEE: ({ local }) => (days[local.getUTCDay()] ?? "").slice(0, 3),
  hh: ({ local }) => twoDigits(local.getUTCHours()),
  h: ({ local }) => String(local.getUTCHours()),
  HH: ({ local }) => twoDigits(local.getUTCHours() % 12 || 12),
  H: ({ local }) => String(local.getUTCHours() % 12 || 12),
  AA: ({ local }) => (local.getUTCHours() < 12 ? "AM" : "PM"),
  aa: ({ local }) => (local.getUTCHours() < 12 ? "am" : "pm"),
  mm: ({ local }) => twoDigits(local.getUTCMinutes()),
  m: ({ local }) => String(local.getUTCMinutes()),
  ss: ({ local }) => twoDigits(local.getUTCSeconds()),
  s: ({ local }) => String(local.getUTCSeconds()),
  ZZZZZ: ({ zone }) => (zone === "Z" ? "+00:00" : zone),
  ZZZZ: ({ zone }) => (zone === "Z" ? "+0000" : zone.replace(":", "")),
  ZZZ: ({ zone }) => (zone === "Z" ? "UTC" : zone.replace(":", "")),
  Z: ({ zone }) => zone,
};

function formatDate(args: Arguments): string {
  const moment = momentOf(args, args.text(1));
  return args.text(0).replace(/'((?:[^']|'')*)'|([A-Za-z])\2*/g, (found, quoted?: string) => {
    if (quoted !== undefined) return quoted.replaceAll("''", "'");
    const verb = Object.hasOwn(verbs, found) ? verbs[found] : undefined;
    if (verb === undefined) throw args.wrong(`formatdate has no ${found}`);
    return verb(moment);
  });
}

const units: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

function timeAdd(args: Arguments): string {
  const { local, zone } = momentOf(args, args.text(0));
  const [, sign = "", amounts] =
    /^([+-]?)((?:\d+(?:\.\d+)?(?:h|ms|us|µs|ns|m|s))+)$/.exec(args.text(1)) ?? [];
  if (amounts === undefined) throw args.wrong(`${JSON.stringify(args.text(1))} is no duration such as 1h30m`);
  const sum = [...amounts.matchAll(/([\d.]+)([a-zµ]+)/g)].reduce(
    (total, [, amount, unit = ""]) => total + Number(amount) * (units[unit] ?? 0),
    0,
  );
  const moved = new Date(local.getTime() + (sign === "-" ? -sum : sum));
  return moved.toISOString().replace(/\.\d+Z$/, zone);
}

function unixTime(args: Arguments): ReturnType<typeof objectOf> {
  const date = new Date(args.whole(0) * 1000);
  if (Number.isNaN(date.getTime())) throw args.wrong("this is no time");
  const start = Date.UTC(date.getUTCFullYear(), 0, 1);
  const dayOfYear = Math.floor((date.getTime() - start) / 86_400_000) + 1;
  const [isoYear, isoWeek] = weekOf(date);
  return objectOf(
    Object.entries({
      year: date.getUTCFullYear(),
      year_day: dayOfYear,
      day: date.getUTCDate(),
      month: date.getUTCMonth() + 1,
      month_name: months[date.getUTCMonth()] ?? "",
      weekday: date.getUTCDay(),
      weekday_name: days[date.getUTCDay()] ?? "",
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      rfc3339: date.toISOString().replace(/\.\d+Z$/, "Z"),
      iso_year: isoYear,
      iso_week: isoWeek,
    }),
  );
}

/** Year and week as ISO 8601 counts them: the week of the Thursday. */
function weekOf(date: Date): readonly [number, number] {
  const thursday = new Date(date);
  thursday.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return [thursday.getUTCFullYear(), Math.ceil(((thursday.getTime() - start) / 86_400_000 + 1) / 7)];
}

export const timeFunctions: Readonly<Record<string, HclFunction>> = {
  formatdate: [2, 2, formatDate],
  timeadd: [2, 2, timeAdd],
  unixtimestampparse: [1, 1, unixTime],
};
