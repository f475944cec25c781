import { type Binding, plainBinding, Scope } from "../expand/scope.ts";
import { code, needsOf, nothing, text, type Value } from "../expand/value.ts";
import { printValue, quoted } from "../print/literals.ts";
import type { Instruction } from "../syntax/dockerfile.ts";
import { quotedWords } from "../syntax/words.ts";
import type { ModuleDraft } from "./module-draft.ts";
import { camelCase, upperFirst } from "./names.ts";
import type { Setting } from "./setting.ts";

/** What BuildKit sets where an ARG asks for it, as expressions of the target platform. */
export const platformArguments = (
  module: ModuleDraft,
  buildPlatform: () => Value,
  target: string,
): ReadonlyMap<string, () => Value> =>
  new Map<string, () => Value>([
    [
      "TARGETPLATFORM",
      () => {
        module.usePlatformText();
        return code("formatPlatform(platform)", "platform");
      },
    ],
    ["TARGETOS", () => code("platform.os", "platform")],
    ["TARGETARCH", () => code("platform.architecture", "platform")],
    ["TARGETVARIANT", () => code('(platform.variant ?? "")', "platform")],
    ["TARGETOSVERSION", () => nothing],
    ["TARGETSTAGE", () => text(target)],
    ["BUILDPLATFORM", buildPlatform],
    ["BUILDOS", () => partOf(buildPlatform(), 0)],
    ["BUILDARCH", () => partOf(buildPlatform(), 1)],
    ["BUILDVARIANT", () => partOf(buildPlatform(), 2)],
    ["BUILDOSVERSION", () => nothing],
  ]);

const partOf = (platform: Value, index: number): Value =>
  code(`(${printValue(platform)}.split("/")[${index}] ?? "")`);

/** Variables that pass through RUN steps by themselves and are never keyed. */
const proxies = /^(?:https?|ftp|no|all)_proxy$/i;

/** ARG instructions: each name becomes a param of the module, once. */
export class Arguments {
  readonly #module: ModuleDraft;
  readonly #defaults: ReadonlyMap<string, ReadonlySet<string | undefined>>;
  readonly #given: Readonly<Record<string, string>>;
  readonly #paramName: (name: string) => string;
  readonly #shared = new Map<string, string>();
  readonly #plain = new Map<string, Binding>();
  readonly global: Scope;

  constructor(options: {
    readonly module: ModuleDraft;
    readonly instructions: readonly Instruction[];
    readonly escape: "\\" | "`";
    readonly given: Readonly<Record<string, string>>;
    /** What the param of an ARG is called. */
    readonly paramName: (name: string) => string;
    readonly platform: ReadonlyMap<string, () => Value>;
  }) {
    this.#module = options.module;
    this.#given = options.given;
    this.#paramName = options.paramName;
    this.#defaults = defaultsOf(options.instructions, options.escape);
    this.global = new Scope(false, [], (name) => {
      const value = options.platform.get(name);
      return value === undefined ? undefined : plainBinding(value());
    });
  }

  /** `ARG NAME[=VALUE]…`. `scope` is that of the stage, or the global one before the first FROM. */
  declare(setting: Setting, scope: Scope): void {
    const words = quotedWords(setting.instruction.body, setting.file.dockerfile.escape);
    if (words.length === 0) throw setting.invalid("ARG needs a name");
    words.forEach((word, index) => this.#declareOne(setting, scope, word, index === 0));
  }

  #declareOne(setting: Setting, scope: Scope, word: string, first: boolean): void {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const written = equals < 0 ? undefined : word.slice(equals + 1);
    if (name === "") throw setting.invalid("ARG has no name before =", word);
    const isGlobal = scope === this.global;
    const inherited = isGlobal ? "unset" : this.global.get(name);
    if (written === undefined && proxies.test(name) && this.#given[name] === undefined) {
      setting.note(`ARG ${name} passes through by itself.`);
      return;
    }
    if (/^BUILDKIT_SBOM_SCAN_/.test(name))
      throw setting.unsupported(`${name} asks BuildKit for an SBOM`, name, "attest when you publish");
    if (written === undefined && typeof inherited === "object") {
      scope.set(name, { ...inherited, fromArg: true });
      return;
    }
    const fallback = this.#given[name] === undefined ? written : undefined;
    const given = this.#given[name];
    const value =
      given === undefined ? (fallback === undefined ? undefined : setting.expand(fallback)) : text(given);
    if (value !== undefined && needsOf(value).has("env"))
      throw setting.unsupported(`the default of ${name} depends on the base`, name);
    const binding = this.#bind(setting, name, value, first);
    scope.set(name, { ...binding, fromArg: !isGlobal });
  }

  #bind(setting: Setting, name: string, value: Value | undefined, first: boolean): Binding {
    const comments = first ? setting.takeComments() : [];
    const written = value === undefined ? undefined : printValue(value);
    const known = this.#plain.get(`${name}=${written ?? ""}`);
    if (known !== undefined) {
      setting.note(...comments);
      return known;
    }
    const needsTarget = value !== undefined && needsOf(value).has("platform");
    const several = (this.#defaults.get(name)?.size ?? 0) > 1 || needsTarget;
    const binding = several
      ? this.#bindShared(setting, name, value, comments)
      : this.#param(name, written ?? '""', value === undefined, comments);
    this.#plain.set(`${name}=${written ?? ""}`, binding);
    return binding;
  }

  /** One param for a name that has several defaults: empty text means that it is not given. */
  #bindShared(
    setting: Setting,
    name: string,
    value: Value | undefined,
    comments: readonly string[],
  ): Binding {
    const known = this.#shared.get(name);
    const constant = known ?? this.#constant(name);
    if (known === undefined) {
      this.#shared.set(name, constant);
      this.#state(
        constant,
        `param(${quoted(this.#paramName(name))}, "")`,
        value === undefined ? comments : [],
      );
    }
    if (value === undefined) return { value: code(constant), fromArg: true, emptyIsUnset: true };
    const expression = `${constant} || ${printValue(value)}`;
    if (needsOf(value).has("platform")) {
      setting.note(...comments);
      return { value: code(`(${expression})`, ...needsOf(value)), fromArg: true, emptyIsUnset: false };
    }
    const owner = setting.stage.index < 0 ? "Default" : upperFirst(setting.stage.constant);
    const own = this.#module.names.give(`${constant}${owner}`);
    this.#state(own, expression, comments);
    return { value: code(own), fromArg: true, emptyIsUnset: false };
  }

  #param(name: string, fallback: string, emptyIsUnset: boolean, comments: readonly string[]): Binding {
    const initializer = `param(${quoted(this.#paramName(name))}, ${fallback})`;
    const declared = this.#module.declared(initializer);
    if (declared !== undefined) return { value: code(declared), fromArg: true, emptyIsUnset };
    const constant = this.#constant(name);
    this.#state(constant, initializer, comments);
    return { value: code(constant), fromArg: true, emptyIsUnset };
  }

  #constant(name: string): string {
    const camel = camelCase(name);
    return this.#module.names.give(camel, `${camel}Arg`);
  }

  #state(name: string, initializer: string, comments: readonly string[]): void {
    this.#module.use("param");
    this.#module.statements.push({ comments, exported: false, name, initializer });
  }
}

/** Which defaults a name has in the file, as they are written. */
function defaultsOf(
  instructions: readonly Instruction[],
  escape: "\\" | "`",
): ReadonlyMap<string, ReadonlySet<string | undefined>> {
  const found = new Map<string, Set<string | undefined>>();
  const global = new Set<string>();
  let staged = false;
  for (const { keyword, body } of instructions) {
    if (keyword === "FROM") staged = true;
    if (keyword !== "ARG") continue;
    for (const word of quotedWords(body, escape)) {
      const equals = word.indexOf("=");
      const name = equals < 0 ? word : word.slice(0, equals);
      if (!staged) global.add(name);
      // Without a default it is what it is in the global scope.
      if (equals < 0 && staged && global.has(name)) continue;
      found.set(name, (found.get(name) ?? new Set()).add(equals < 0 ? undefined : word.slice(equals + 1)));
    }
  }
  return found;
}
