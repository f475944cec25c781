import { isTsdockError, type ImportRequest, type TsdockError } from "tsdock/plugin";
import { ExpandError } from "../expand/expand-error.ts";
import { expandWord } from "../expand/expand.ts";
import { baseVariable } from "../expand/scope.ts";
import type { Variable } from "../expand/substitute.ts";
import { type Need, needsOf, staticText, type Value } from "../expand/value.ts";
import { printLayout, call, type Layout } from "../print/layout.ts";
import { printValue } from "../print/literals.ts";
import type { Dockerfile, Instruction } from "../syntax/dockerfile.ts";
import { Mistakes, type Position } from "../syntax/mistake.ts";
import type { ModuleDraft } from "./module-draft.ts";
import type { StageDraft } from "./stage-draft.ts";

/** What the whole file is translated with. */
export interface FileSetting {
  readonly request: ImportRequest;
  readonly dockerfile: Dockerfile;
  readonly module: ModuleDraft;
  readonly stages: readonly StageDraft[];
}

/** One instruction where it stands: what translating it needs. */
export class Setting {
  readonly file: FileSetting;
  readonly stage: StageDraft;
  readonly instruction: Instruction;
  readonly #needs = new Set<Need>();
  readonly #mistakes: Mistakes;
  #comments: readonly string[];

  constructor(file: FileSetting, stage: StageDraft, instruction: Instruction) {
    this.file = file;
    this.stage = stage;
    this.instruction = instruction;
    this.#mistakes = new Mistakes(file.request.file);
    this.#comments = instruction.comments;
  }

  get module(): ModuleDraft {
    return this.file.module;
  }

  /** Where a word of the instruction stands, else the instruction. */
  at(word?: string): Position {
    const { line, column, source } = this.instruction;
    if (word !== undefined && word !== "") {
      for (const { number, text } of source) {
        const found = text.indexOf(word, number === line ? column - 1 : 0);
        if (found >= 0) return { line: number, column: found + 1 };
      }
    }
    return { line, column };
  }

  invalid(message: string, word?: string, hint?: string): TsdockError {
    return this.#mistakes.invalid(message, this.at(word), hint);
  }

  unsupported(message: string, word?: string, hint?: string): TsdockError {
    return this.#mistakes.unsupported(message, this.at(word), hint);
  }

  /** A word with its variables replaced. `inEnv`: within a function that is given to `env()`. Errors `IMPORT_INVALID`, `IMPORT_UNSUPPORTED`. */
  expand(word: string, { inEnv = false, quotesAreText = false } = {}): Value {
    const escape = quotesAreText ? "\\" : this.file.dockerfile.escape;
    try {
      const value = expandWord(word, { escape, quotesAreText, lookup: (name) => this.#look(name, inEnv) });
      this.need(value);
      return value;
    } catch (error) {
      if (!(error instanceof ExpandError)) throw error;
      const message = `${JSON.stringify(word)} cannot be expanded: ${error.message}`;
      throw error.kind === "invalid" ? this.invalid(message, word) : this.unsupported(message, word);
    }
  }

  /** Text that must be known when the file is read. */
  known(word: string, what: string): string {
    const text = staticText(this.expand(word));
    if (text !== undefined) return text;
    throw this.unsupported(`${what} ${JSON.stringify(word)} depends on a param`, word, "write its value");
  }

  need(value: Value): void {
    for (const need of needsOf(value)) this.#needs.add(need);
  }

  /** A value where the types ask for more than text. */
  cast(value: Value, type: string): Value {
    if (staticText(value) !== undefined) return value;
    this.module.useType(type);
    return [{ code: printValue(value), needs: needsOf(value), as: type }];
  }

  /** Adds a method to the chain; the comments of the instruction go before the first. */
  add(method: string, ...args: readonly Layout[]): void {
    this.#push((indent) => printLayout(call(`.${method}`, ...args), indent));
  }

  /** Says something at this place. */
  note(...lines: readonly string[]): void {
    this.#comments = [...this.#comments, ...lines];
  }

  /** The comments of the instruction, for something that stands before the chain. */
  takeComments(): readonly string[] {
    const comments = this.#comments;
    this.#comments = [];
    return comments;
  }

  /** What is left to say when no method follows. */
  close(): void {
    if (this.#comments.length > 0) this.#push(undefined);
  }

  #push(print: ((indent: string) => string) | undefined): void {
    this.stage.steps.push({ comments: this.#comments, print, needs: new Set(this.#needs) });
    this.#comments = [];
  }

  #look(name: string, inEnv: boolean): Variable | undefined {
    const binding = this.stage.scope.get(name);
    if (binding === "unset") return undefined;
    if (binding !== "unknown" && (inEnv || !needsOf(binding.value).has("env"))) return binding;
    if (inEnv) return { value: baseVariable(name), emptyIsUnset: false };
    throw new ExpandError(
      "unsupported",
      `whether the base sets ${name} is not known; say so with --env ${name}=VALUE, or write the value`,
    );
  }
}

/** Does `work`; an expected failure is written down and marked in the module. */
export function attempt(setting: Setting, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    const { line, column } = error.place ?? setting.at();
    setting.module.problems.push(error);
    const written = setting.instruction.source.map(({ text }) => text);
    setting.note(`NOT IMPORTED (line ${line}, column ${column}): ${error.message}`, ...written);
  }
  setting.close();
}
