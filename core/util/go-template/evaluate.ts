import { checkArity, shortCircuits, type TemplateFunction, TemplateFailure } from "./functions.ts";
import { GoMap, type GoValue, isList, isStruct, isTrue, printValue } from "./go-value.ts";
import { templateError } from "./template-error.ts";
import type { Command, Operand, Pipe, TemplateNode, Templates } from "./template-node.ts";

export interface Evaluation {
  readonly text: string;
  readonly templates: Templates;
  readonly functions: Readonly<Record<string, TemplateFunction>>;
}

/** Templates that call one another go no deeper. */
const deepest = 200;
/** Characters; a template that goes on without end stops here. */
const longest = 1 << 28;

interface Variable {
  readonly name: string;
  value: GoValue;
}

/** Fills in a template (Go's text/template, exec.go). Error `FORMAT_INVALID`. */
export function evaluate(evaluation: Evaluation, data: GoValue): string {
  const run = new Run(evaluation);
  run.template("", data, 0);
  return run.parts.join("");
}

type Signal = "break" | "continue" | undefined;

class Run {
  readonly parts: string[] = [];
  readonly #evaluation: Evaluation;
  #variables: Variable[] = [];
  #depth = 0;
  #length = 0;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  template(name: string, data: GoValue, at: number): void {
    const nodes = this.#evaluation.templates.get(name);
    if (nodes === undefined) throw this.#error(at, `the template ${JSON.stringify(name)} is not defined`);
    if (++this.#depth > deepest) throw this.#error(at, "templates call one another without end");
    const before = this.#variables;
    this.#variables = [{ name: "", value: data }];
    this.#walk(nodes, data);
    this.#variables = before;
    this.#depth -= 1;
  }

  #error(at: number, why: string): Error {
    return templateError(this.#evaluation.text, at, why);
  }

  #write(text: string): void {
    this.#length += text.length;
    if (this.#length > longest) throw this.#error(0, "it prints too much");
    this.parts.push(text);
  }

  #walk(nodes: readonly TemplateNode[], dot: GoValue): Signal {
    for (const node of nodes) {
      const signal = this.#node(node, dot);
      if (signal !== undefined) return signal;
    }
    return undefined;
  }

  #node(node: TemplateNode, dot: GoValue): Signal {
    switch (node.type) {
      case "text":
        this.#write(node.text);
        return undefined;
      case "print": {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#write(printValue(value));
        return undefined;
      }
      case "break":
      case "continue":
        return node.type;
      case "template":
        this.template(node.name, node.pipe === undefined ? undefined : this.#pipe(node.pipe, dot), node.at);
        return undefined;
      default:
        return this.#inScope(() => this.#control(node, dot));
    }
  }

  #inScope<T>(work: () => T): T {
    const visible = this.#variables.length;
    const result = work();
    this.#variables.length = visible;
    return result;
  }

  #control(node: Extract<TemplateNode, { type: "if" | "with" | "range" }>, dot: GoValue): Signal {
    if (node.type === "range") return this.#range(node, dot);
    const value = this.#pipe(node.pipe, dot);
    if (!isTrue(value)) return this.#walk(node.otherwise, dot);
    return this.#walk(node.body, node.type === "with" ? value : dot);
  }

  #range(node: Extract<TemplateNode, { type: "if" | "with" | "range" }>, dot: GoValue): Signal {
    const { variables, assigns } = node.pipe;
    const value = this.#pipe({ ...node.pipe, variables: [] }, dot);
    const items = this.#itemsOf(value, node.pipe.at);
    if (items.length === 0) return this.#walk(node.otherwise, dot);
    for (const [key, item] of items) {
      const signal = this.#inScope(() => {
        const [first, second] = variables;
        const pairs =
          second === undefined
            ? ([[first, item]] as const)
            : ([
                [first, key],
                [second, item],
              ] as const);
        for (const [name, given] of pairs) if (name !== undefined) this.#set(name, given, assigns);
        return this.#walk(node.body, item);
      });
      if (signal === "break") break;
    }
    return undefined;
  }

  #itemsOf(value: GoValue, at: number): readonly (readonly [GoValue, GoValue])[] {
    if (value === undefined || value === null) return [];
    if (isList(value)) return value.map((item, index) => [index, item]);
    if (value instanceof GoMap) return [...value.entries];
    throw this.#error(at, `range cannot go over ${printValue(value)}`);
  }

  #set(name: string, value: GoValue, assigns: boolean): void {
    const known = assigns ? this.#variables.findLast((variable) => variable.name === name) : undefined;
    if (known === undefined) this.#variables.push({ name, value });
    else known.value = value;
  }

  #pipe({ commands, variables, assigns }: Pipe, dot: GoValue): GoValue {
    let value: GoValue;
    let isFirst = true;
    for (const command of commands) {
      value = this.#command(command, dot, isFirst ? [] : [value]);
      isFirst = false;
    }
    for (const name of variables) this.#set(name, value, assigns);
    return value;
  }

  #command({ words: [first, ...rest], at }: Command, dot: GoValue, piped: readonly GoValue[]): GoValue {
    if (first.base.type === "function") return this.#call(first.base.name, rest, piped, dot, at);
    const value = this.#operand(first, dot, () => [...rest.map((word) => this.#value(word, dot)), ...piped]);
    if (rest.length + piped.length > 0 && first.fields.length === 0)
      throw this.#error(at, `${printValue(value)} is not a function and takes no arguments`);
    return value;
  }

  #call(
    name: string,
    words: readonly Operand[],
    piped: readonly GoValue[],
    dot: GoValue,
    at: number,
  ): GoValue {
    if (shortCircuits.has(name)) return this.#andOr(name, words, piped, dot, at);
    const args = [...words.map((word) => this.#value(word, dot)), ...piped];
    return this.#attempt(at, `error calling ${name}: `, () => {
      checkArity(name, args.length);
      return this.#evaluation.functions[name]?.(...args);
    });
  }

  #andOr(
    name: string,
    words: readonly Operand[],
    piped: readonly GoValue[],
    dot: GoValue,
    at: number,
  ): GoValue {
    if (words.length + piped.length === 0) throw this.#error(at, `${name} needs an argument`);
    let value: GoValue;
    for (const word of words) {
      value = this.#value(word, dot);
      if (isTrue(value) === (name === "or")) return value;
    }
    return piped.length > 0 ? piped[0] : value;
  }

  #attempt<T>(at: number, prefix: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof TemplateFailure) throw this.#error(at, `${prefix}${error.message}`);
      throw error;
    }
  }

  /** A word that is an argument. */
  #value(word: Operand, dot: GoValue): GoValue {
    if (word.base.type === "function") return this.#call(word.base.name, [], [], dot, word.at);
    return this.#operand(word, dot, () => []);
  }

  #operand({ base, fields, at }: Operand, dot: GoValue, argumentsOf: () => readonly GoValue[]): GoValue {
    let value: GoValue;
    if (base.type === "dot") value = dot;
    else if (base.type === "literal") ({ value } = base);
    else if (base.type === "variable") value = this.#variable(base.name);
    else if (base.type === "pipe") value = this.#inScope(() => this.#pipe(base.pipe, dot));
    else value = null;
    for (const [index, field] of fields.entries()) {
      const last = index === fields.length - 1;
      value = this.#field(value, field, last ? argumentsOf() : [], at);
    }
    return value;
  }

  #variable(name: string): GoValue {
    return this.#variables.findLast((variable) => variable.name === name)?.value;
  }

  #field(receiver: GoValue, field: string, args: readonly GoValue[], at: number): GoValue {
    if (receiver === undefined) return undefined;
    if (receiver === null) throw this.#error(at, `there is nothing that could have a field ${field}`);
    const value = this.#member(receiver, field, at);
    if (typeof value === "function")
      return this.#attempt(at, `error calling ${field}: `, () => value(...args));
    if (args.length > 0) throw this.#error(at, `${field} is not a method and takes no arguments`);
    return value;
  }

  #member(receiver: GoValue, field: string, at: number): GoValue {
    if (receiver instanceof GoMap) return receiver.entries.get(field);
    if (isStruct(receiver) && Object.hasOwn(receiver, field)) return receiver[field];
    const known = isStruct(receiver) ? `; there are ${Object.keys(receiver).join(", ")}` : "";
    throw this.#error(at, `there is no field ${field}${known}`);
  }
}
