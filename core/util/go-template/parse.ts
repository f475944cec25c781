import { lex, type Token, type TokenKind } from "./lex.ts";
import { templateError } from "./template-error.ts";
import type { Command, Operand, OperandBase, Pipe, TemplateNode, Templates } from "./template-node.ts";

const deepest = 200;
const keywords = new Set([
  "if",
  "else",
  "end",
  "range",
  "with",
  "define",
  "block",
  "template",
  "break",
  "continue",
]);

/** Reads a template (Go's text/template/parse, parse.go). `isFunction` says which names are functions. Error `FORMAT_INVALID`. */
export const parseTemplate = (text: string, isFunction: (name: string) => boolean): Templates =>
  new Parser(text, isFunction).parse();

interface Body {
  readonly nodes: readonly TemplateNode[];
  /** What ended it: `end`, `else`, or nothing at the end of the text. */
  readonly end: "end" | "else" | "";
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #isFunction: (name: string) => boolean;
  readonly #templates = new Map<string, readonly TemplateNode[]>();
  #next = 0;
  /** Names of the variables that can be seen here. */
  #variables: string[] = [""];
  #loops = 0;
  #depth = 0;

  constructor(text: string, isFunction: (name: string) => boolean) {
    this.#text = text;
    this.#tokens = lex(text);
    this.#isFunction = isFunction;
  }

  parse(): Templates {
    const { nodes, end } = this.#body();
    if (end !== "") throw this.#error(`unexpected {{${end}}}`, this.#tokens[this.#next - 2]?.at ?? 0);
    this.#templates.set("", nodes);
    return this.#templates;
  }

  #error(why: string, at = this.#peek().at): Error {
    return templateError(this.#text, at, why);
  }

  #peek(ahead = 0): Token {
    return (
      this.#tokens[this.#next + ahead] ?? { kind: "end", text: "", at: this.#text.length, spaced: false }
    );
  }

  #take(kind: TokenKind, text?: string): Token {
    const token = this.#peek();
    if (token.kind !== kind || (text !== undefined && token.text !== text))
      throw this.#error(
        `expected ${text ?? kind}, found ${token.kind === "end" ? "the end" : JSON.stringify(token.text)}`,
      );
    this.#next += 1;
    return token;
  }

  #is(kind: TokenKind, text?: string): boolean {
    const token = this.#peek();
    return token.kind === kind && (text === undefined || token.text === text);
  }

  #body(): Body {
    this.#depth += 1;
    if (this.#depth > deepest) throw this.#error("it is nested too deep");
    const nodes: TemplateNode[] = [];
    let end: Body["end"] | undefined;
    while (end === undefined) {
      const token = this.#peek();
      if (token.kind === "end") end = "";
      else if (token.kind === "text") {
        nodes.push({ type: "text", text: token.text });
        this.#next += 1;
      } else end = this.#action(nodes);
    }
    this.#depth -= 1;
    return { nodes, end };
  }

  /** One `{{…}}` and whatever belongs to it; says so where it ends the body that it stands in. */
  #action(nodes: TemplateNode[]): Body["end"] | undefined {
    this.#take("open");
    const token = this.#peek();
    const word = token.kind === "identifier" && keywords.has(token.text) ? token.text : undefined;
    if (word !== undefined) this.#next += 1;
    switch (word) {
      case "end":
        this.#take("close");
        return "end";
      case "else":
        // Whoever began the body reads on: `else if` has more.
        return "else";
      case "if":
      case "with":
      case "range":
        nodes.push(this.#control(word));
        return undefined;
      case "break":
      case "continue":
        if (this.#loops === 0) throw this.#error(`{{${word}}} outside {{range}}`, token.at);
        this.#take("close");
        nodes.push({ type: word });
        return undefined;
      case "define":
        this.#define(token.at);
        return undefined;
      case "block":
      case "template":
        nodes.push(this.#template(word, token.at));
        return undefined;
      default:
        nodes.push({ type: "print", pipe: this.#pipe(false) });
        this.#take("close");
        return undefined;
    }
  }

  #control(type: "if" | "with" | "range"): TemplateNode {
    const visible = this.#variables.length;
    const pipe = this.#pipe(type === "range");
    this.#take("close");
    if (type === "range") this.#loops += 1;
    const body = this.#body();
    if (type === "range") this.#loops -= 1;
    const otherwise = body.end === "else" ? this.#otherwise(type) : [];
    if (body.end === "") throw this.#error("unexpected end: an {{end}} is missing");
    this.#variables.length = visible;
    return { type, pipe, body: body.nodes, otherwise };
  }

  /** After `else`: `{{else if X}}` is an `if` in the other branch that shares the `{{end}}`. */
  #otherwise(type: "if" | "with" | "range"): readonly TemplateNode[] {
    const next = this.#peek();
    if (type !== "range" && next.kind === "identifier" && next.text === type) {
      this.#next += 1;
      return [this.#control(type)];
    }
    this.#take("close");
    const { nodes, end } = this.#body();
    if (end === "end") return nodes;
    throw this.#error(
      end === "else" ? "an {{else}} after {{else}}" : "unexpected end: an {{end}} is missing",
    );
  }

  #define(at: number): void {
    if (this.#depth > 1) throw this.#error("{{define}} inside another action", at);
    const name = this.#take("string").text;
    this.#take("close");
    this.#named(name);
  }

  #named(name: string): void {
    const before = this.#variables;
    this.#variables = [""];
    const { nodes, end } = this.#body();
    if (end !== "end") throw this.#error(`the template ${JSON.stringify(name)} has no {{end}}`);
    this.#templates.set(name, nodes);
    this.#variables = before;
  }

  #template(word: "block" | "template", at: number): TemplateNode {
    const name = this.#take("string").text;
    const pipe = this.#is("close") ? undefined : this.#pipe(false);
    this.#take("close");
    if (word === "block") this.#named(name);
    return { type: "template", name, pipe, at };
  }

  #pipe(inRange: boolean): Pipe {
    const { at } = this.#peek();
    const { variables, assigns } = this.#declaration(inRange);
    const commands = [this.#command()];
    while (this.#is("symbol", "|")) {
      this.#next += 1;
      const command = this.#command();
      const { type } = command.words[0].base;
      if (type === "literal" || type === "nil" || (type === "dot" && command.words[0].fields.length === 0))
        throw this.#error("what follows a | must be a function or a method", command.at);
      commands.push(command);
    }
    if (!assigns) this.#variables.push(...variables);
    return { variables, assigns, commands, at };
  }

  #declaration(inRange: boolean): Pick<Pipe, "variables" | "assigns"> {
    const names: string[] = [];
    let ahead = 0;
    while (this.#peek(ahead).kind === "variable") {
      names.push(this.#peek(ahead).text);
      const { kind, text } = this.#peek(ahead + 1);
      if (
        kind !== "symbol" ||
        (text !== ":=" && text !== "=" && !(text === "," && inRange && names.length === 1))
      )
        return { variables: [], assigns: false };
      ahead += 2;
      if (text === ",") continue;
      for (const name of text === "=" ? names : []) this.#checkVariable(name, this.#peek().at);
      this.#next += ahead;
      return { variables: names, assigns: text === "=" };
    }
    return { variables: [], assigns: false };
  }

  #checkVariable(name: string, at: number): void {
    if (!this.#variables.includes(name)) throw this.#error(`the variable $${name} is not defined`, at);
  }

  #command(): Command {
    const { at } = this.#peek();
    const first = this.#operand();
    const words: [Operand, ...Operand[]] = [first];
    while (!this.#is("close") && !this.#is("symbol", "|") && !this.#is("symbol", ")")) {
      if (!this.#peek().spaced) throw this.#error(`unexpected ${JSON.stringify(this.#peek().text)}`);
      words.push(this.#operand());
    }
    if (first.base.type === "nil") throw this.#error("nil is not a command", at);
    return { words, at };
  }

  #operand(): Operand {
    const token = this.#peek();
    const { at } = token;
    const fields: string[] = [];
    const base = this.#base(token);
    if (token.kind === "field") fields.push(token.text);
    while (this.#is("field") && !this.#peek().spaced) {
      if (base.type === "literal" || base.type === "nil" || base.type === "function")
        throw this.#error(`${JSON.stringify(token.text)} has no fields`);
      fields.push(this.#take("field").text);
    }
    return { base, fields, at };
  }

  #base(token: Token): OperandBase {
    this.#next += 1;
    switch (token.kind) {
      case "dot":
      case "field":
        return { type: "dot" };
      case "variable":
        this.#checkVariable(token.text, token.at);
        return { type: "variable", name: token.text };
      case "string":
        return { type: "literal", value: this.#quoted(token) };
      case "number":
        return { type: "literal", value: Number(token.text.replaceAll("_", "").replace(/^\+/, "")) };
      case "identifier":
        return this.#identifier(token);
      case "symbol":
        if (token.text === "(") return this.#parenthesis(token.at);
        break;
      default:
    }
    throw this.#error(
      token.kind === "close" ? "a value is missing" : `unexpected ${JSON.stringify(token.text)}`,
      token.at,
    );
  }

  /** Single quotes hold one character, which is its number. */
  #quoted({ text, at }: Token): string | number {
    if (this.#text[at] !== "'") return text;
    if ([...text].length !== 1) throw this.#error("single quotes hold one character", at);
    return text.codePointAt(0) ?? 0;
  }

  #identifier({ text, at }: Token): OperandBase {
    if (text === "true" || text === "false") return { type: "literal", value: text === "true" };
    if (text === "nil") return { type: "nil" };
    if (!this.#isFunction(text)) throw this.#error(`the function ${JSON.stringify(text)} is not defined`, at);
    return { type: "function", name: text };
  }

  #parenthesis(at: number): OperandBase {
    this.#depth += 1;
    if (this.#depth > deepest) throw this.#error("it is nested too deep", at);
    const pipe = this.#pipe(false);
    this.#depth -= 1;
    if (!this.#is("symbol", ")")) throw this.#error("a parenthesis is not closed", at);
    this.#next += 1;
    return { type: "pipe", pipe };
  }
}
