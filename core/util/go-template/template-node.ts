import type { GoValue } from "./go-value.ts";

/** What a word of a command begins with; its fields follow. */
export type OperandBase =
  | { readonly type: "dot" }
  | { readonly type: "nil" }
  | { readonly type: "literal"; readonly value: GoValue }
  | { readonly type: "variable"; readonly name: string }
  | { readonly type: "function"; readonly name: string }
  | { readonly type: "pipe"; readonly pipe: Pipe };

export interface Operand {
  readonly base: OperandBase;
  /** `.Config.Env` → `Config`, `Env`. */
  readonly fields: readonly string[];
  /** Where it begins in the template's text. */
  readonly at: number;
}

/** `index .Labels "a"`: a function or method with its arguments, or one value. */
export interface Command {
  readonly words: readonly [Operand, ...Operand[]];
  readonly at: number;
}

/** `$x := .Names | join ","`: each command gets what the one before gave as its last argument. */
export interface Pipe {
  /** One variable, or two in a range. */
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
  readonly at: number;
}

export type TemplateNode =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "print"; readonly pipe: Pipe }
  | {
      readonly type: "if" | "with" | "range";
      readonly pipe: Pipe;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    }
  | { readonly type: "break" | "continue" }
  | {
      readonly type: "template";
      readonly name: string;
      readonly pipe: Pipe | undefined;
      readonly at: number;
    };

/** Templates by name; that of the text itself is `""`. */
export type Templates = ReadonlyMap<string, readonly TemplateNode[]>;
