import { TsdockError } from "../errors/tsdock-error.ts";
import { captureSite, type Site } from "./site.ts";

export type ParamValue = string | number | boolean;
type Widened<T extends ParamValue> = T extends string ? string : T extends number ? number : boolean;

export interface DeclaredParam {
  readonly name: string;
  readonly default: ParamValue;
  readonly value: ParamValue;
  readonly site: Site;
}

export interface Params {
  /** By name, as far as the modules that ran declared them. */
  readonly declared: ReadonlyMap<string, DeclaredParam>;
  /** What `--set` and the configuration gave. */
  readonly given: Readonly<Record<string, ParamValue>>;
  /** Values of the wrong type, names declared twice. */
  readonly errors: readonly TsdockError[];
}

interface State {
  given: Readonly<Record<string, ParamValue>>;
  declared: Map<string, DeclaredParam>;
  errors: TsdockError[];
}

let state: State = { given: {}, declared: new Map(), errors: [] };

/** Sets what `param` gives, before modules are loaded; forgets what earlier modules declared. */
export function setParams(given: Readonly<Record<string, ParamValue>>): void {
  state = { given: { ...given }, declared: new Map(), errors: [] };
}

/** What was declared since `setParams`. */
export const readParams = (): Params => state;

/**
 * A value that is set from outside: by `--set port=81` or the configuration's `params`. It is plain: use it as any other.
 *
 * @example
 * const port = param("port", 80);
 * export const web = image().from("nginx").expose(port);
 */
export function param<const T extends ParamValue>(name: string, fallback: T): Widened<T> {
  const site = captureSite();
  const mistake = mistakeOf(name, fallback);
  if (mistake !== undefined) {
    state.errors.push(
      new TsdockError("PARAM_INVALID", mistake[0], { place: site.place(), hint: mistake[1] }),
    );
    return fallback as unknown as Widened<T>;
  }
  const before = state.declared.get(name);
  if (before !== undefined && before.default !== fallback)
    state.errors.push(declaredTwice(name, before, site));
  const value = valueOf(name, fallback, site);
  if (before === undefined) state.declared.set(name, { name, default: fallback, value, site });
  return value as Widened<T>;
}

/** Reads what types would not let through: what is wrong, and what to write. */
function mistakeOf(name: unknown, fallback: unknown): readonly [string, string] | undefined {
  if (typeof name !== "string" || !/^[^=\s]+$/.test(name))
    return [
      `${JSON.stringify(name)} cannot name a param`,
      "leave out white space and `=`: --set NAME=VALUE gives it",
    ];
  if (["string", "boolean"].includes(typeof fallback) || Number.isFinite(fallback)) return undefined;
  const shown = typeof fallback === "number" ? String(fallback) : typeof fallback;
  return [
    `the default of param ${name} is text, a number, true or false, and ${shown} is none`,
    `give it one: param("${name}", 80)`,
  ];
}

function valueOf(name: string, fallback: ParamValue, site: Site): ParamValue {
  const given = Object.hasOwn(state.given, name) ? state.given[name] : undefined;
  if (given === undefined) return fallback;
  const value = convert(given, fallback);
  if (value !== undefined) return value;
  state.errors.push(
    new TsdockError(
      "PARAM_INVALID",
      `param ${name} is a ${typeof fallback}, and ${JSON.stringify(given)} is none`,
      {
        place: site.place(),
        hint: `give a ${typeof fallback}: --set ${name}=${fallback}`,
      },
    ),
  );
  return fallback;
}

/** Reads what the command line gives as text; undefined where it is not of the default's type. */
function convert(given: ParamValue, fallback: ParamValue): ParamValue | undefined {
  if (typeof given === typeof fallback) return given;
  if (typeof fallback === "string") return String(given);
  if (typeof given !== "string") return undefined;
  if (typeof fallback === "boolean") return given === "true" ? true : given === "false" ? false : undefined;
  const number = given.trim() === "" ? Number.NaN : Number(given);
  return Number.isFinite(number) ? number : undefined;
}

const declaredTwice = (name: string, before: DeclaredParam, site: Site): TsdockError => {
  const place = before.site.place();
  return new TsdockError("PARAM_DUPLICATE", `param ${name} is declared twice with different defaults`, {
    place: site.place(),
    hint: "declare it once in a module and import the value",
    details:
      place === undefined ? undefined : `first declared at ${place.file}:${place.line}:${place.column}`,
  });
};
