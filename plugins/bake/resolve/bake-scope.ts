import { Budget } from "../evaluate/budget.ts";
import { evaluate, type Setting, withNames } from "../evaluate/evaluate.ts";
import { convertTo, parseType } from "../evaluate/types.ts";
import { asBoolean, asNumber, fromJson, needBoolean, needText } from "../evaluate/values.ts";
import { callFunction } from "../functions/call-function.ts";
import { csvRows } from "../functions/coding-functions.ts";
import { invalid, type Spot } from "../hcl/source.ts";
import type { Expression, HclBlock, HclBody, HclValue } from "../hcl/syntax.ts";

interface Variable {
  readonly spot: Spot;
  readonly value: Expression | undefined;
  readonly type: Expression | undefined;
  /** Only blocks can be given another value. */
  readonly isBlock: boolean;
  readonly validations: readonly HclBlock[];
}

interface UserFunction {
  readonly spot: Spot;
  readonly params: readonly string[];
  readonly rest: string | undefined;
  readonly result: Expression;
}

/** Variables and functions of bake files, evaluated when they are asked for. */
export class BakeScope {
  readonly budget = new Budget();
  /** Gives attributes of targets and groups, once these are known. */
  blocks: Setting["block"];
  readonly #variables = new Map<string, Variable>();
  readonly #functions = new Map<string, UserFunction>();
  readonly #given: Readonly<Record<string, string>>;
  readonly #settled = new Map<string, HclValue>();
  readonly #waiting: string[] = [];

  /** `given`: values of variables; `builtin`: those that bake itself sets. */
  constructor(
    bodies: readonly HclBody[],
    given: Readonly<Record<string, string>>,
    builtin: Readonly<Record<string, HclValue>>,
  ) {
    this.#given = given;
    for (const [name, value] of Object.entries(builtin)) this.#settled.set(name, value);
    for (const body of bodies) {
      for (const { name, spot, value } of body.attributes)
        this.#variables.set(name, { spot, value, type: undefined, isBlock: false, validations: [] });
      for (const block of body.blocks) {
        if (block.type === "variable") this.#variables.set(labelOf(block), variableOf(block));
        if (block.type === "function") this.#functions.set(labelOf(block), this.#functionOf(block));
      }
    }
  }

  /** Values of those that were asked for, and of all others too: a wrong one is wrong wherever it is used. */
  settle(): ReadonlyMap<string, HclValue> {
    return new Map([...this.#variables].map(([name, { spot }]) => [name, this.name(name, spot)] as const));
  }

  has(name: string): boolean {
    return this.#variables.has(name);
  }

  name(name: string, spot: Spot): HclValue {
    const settled = this.#settled.get(name);
    if (settled !== undefined) return settled;
    const variable = this.#variables.get(name);
    if (variable === undefined)
      throw invalid(`there is no variable ${name}`, spot, `declare it: variable "${name}" {}`);
    const value = this.once(`variable ${name}`, spot, () => this.#valueOf(name, variable));
    this.#settled.set(name, value);
    for (const block of variable.validations) this.#validate(name, block);
    return value;
  }

  call(name: string, args: readonly HclValue[], spot: Spot): HclValue {
    const own = this.#functions.get(name);
    if (own === undefined) return callFunction(name, args, spot, this.budget);
    const { params, rest, result } = own;
    if (args.length < params.length || (rest === undefined && args.length > params.length))
      throw invalid(`${name} takes ${params.length} arguments and is given ${args.length}`, spot);
    const names = new Map<string, HclValue>(params.map((param, index) => [param, args[index] ?? null]));
    if (rest !== undefined) names.set(rest, args.slice(params.length));
    return this.once(`function ${name}`, spot, () => evaluate(result, withNames(this.setting, names)));
  }

  /** What expressions are evaluated with: `this` without its class, and with attributes of blocks. */
  get setting(): Setting {
    const { blocks } = this;
    return {
      budget: this.budget,
      ...(blocks === undefined ? {} : { block: blocks }),
      name: (name, spot) => this.name(name, spot),
      call: (name, args, spot) => this.call(name, args, spot),
    };
  }

  /** Does `work` unless it is being done already: then it needs itself. */
  once<Result>(what: string, spot: Spot, work: () => Result): Result {
    const start = this.#waiting.indexOf(what);
    if (start >= 0)
      throw invalid(`this needs itself: ${[...this.#waiting.slice(start), what].join(" → ")}`, spot);
    this.#waiting.push(what);
    try {
      return work();
    } finally {
      this.#waiting.pop();
    }
  }

  #valueOf(name: string, { value, type, isBlock, spot }: Variable): HclValue {
    const wanted = type === undefined ? undefined : parseType(type);
    const given = isBlock && Object.hasOwn(this.#given, name) ? this.#given[name] : undefined;
    const fallback = value === undefined ? undefined : evaluate(value, this.setting);
    if (given !== undefined) {
      const read = readGiven(given, fallback, wanted, () =>
        invalid(`the value ${JSON.stringify(given)} does not fit variable ${name}`, spot),
      );
      return wanted === undefined ? read : convertTo(wanted, read, spot);
    }
    if (fallback === undefined) return wanted === undefined ? "" : null;
    return wanted === undefined ? fallback : convertTo(wanted, fallback, value?.spot ?? spot);
  }

  #validate(name: string, { body, spot }: HclBlock): void {
    const find = (wanted: string): Expression | undefined =>
      body.attributes.find((one) => one.name === wanted)?.value;
    const condition = find("condition");
    if (condition === undefined) throw invalid("a validation needs a condition", spot);
    if (needBoolean(evaluate(condition, this.setting), condition.spot, "a condition")) return;
    const message = find("error_message");
    const said = message === undefined ? "" : needText(evaluate(message, this.setting), message.spot);
    throw invalid(`variable ${name} is not what it must be${said === "" ? "" : `: ${said}`}`, condition.spot);
  }

  #functionOf(block: HclBlock): UserFunction {
    const find = (wanted: string): Expression | undefined =>
      block.body.attributes.find((one) => one.name === wanted)?.value;
    known(block, ["params", "variadic_params", "result"], []);
    const result = find("result");
    if (result === undefined) throw invalid(`function ${labelOf(block)} has no result`, block.spot);
    const params = find("params");
    const rest = find("variadic_params");
    return {
      spot: block.spot,
      params: params === undefined ? [] : listItems(params).map(plainName),
      rest: rest === undefined ? undefined : plainName(rest),
      result,
    };
  }
}

/** A value that is given as text, of the type of the default. */
function readGiven(
  text: string,
  fallback: HclValue | undefined,
  type: ReturnType<typeof parseType> | undefined,
  wrong: () => Error,
): HclValue {
  const refuse = (): never => {
    throw wrong();
  };
  if (type !== undefined && "of" in type && type.kind !== "map" && !/^\s*\[/.test(text))
    return csvRows(text).flat();
  if (type !== undefined && !["string", "number", "bool", "any"].includes(type.kind))
    return readJson(text, wrong);
  if (type === undefined && typeof fallback === "boolean") return asBoolean(text) ?? refuse();
  if (type === undefined && typeof fallback === "number") return asNumber(text) ?? refuse();
  if (type === undefined && typeof fallback === "object" && fallback !== null) return readJson(text, wrong);
  return text;
}

function readJson(text: string, wrong: () => Error): HclValue {
  try {
    return fromJson(JSON.parse(text));
  } catch (error) {
    throw error instanceof SyntaxError ? wrong() : error;
  }
}

export function labelOf({ labels, type, spot }: HclBlock): string {
  const [label, ...others] = labels;
  if (label === undefined || others.length > 0) throw invalid(`${type} has one name: ${type} "name" {`, spot);
  return label;
}

/** Refuses what a block cannot have. */
export function known(block: HclBlock, attributes: readonly string[], blocks: readonly string[]): void {
  for (const { name, spot } of block.body.attributes)
    if (!attributes.includes(name))
      throw invalid(`a ${block.type} has no ${name}`, spot, `it has ${attributes.join(", ")}`);
  for (const { type, spot } of block.body.blocks)
    if (!blocks.includes(type)) throw invalid(`a ${block.type} has no block ${type}`, spot);
}

function variableOf(block: HclBlock): Variable {
  known(block, ["default", "type", "description", "sensitive"], ["validation"]);
  const find = (name: string): Expression | undefined =>
    block.body.attributes.find((one) => one.name === name)?.value;
  return {
    spot: block.spot,
    value: find("default"),
    type: find("type"),
    isBlock: true,
    validations: block.body.blocks,
  };
}

function listItems(expression: Expression): readonly Expression[] {
  if (expression.kind !== "list") throw invalid("this is a list of names", expression.spot);
  return expression.items;
}

function plainName(expression: Expression): string {
  if (expression.kind === "name") return expression.name;
  if (expression.kind === "literal" && typeof expression.value === "string") return expression.value;
  throw invalid("this is a name", expression.spot);
}
