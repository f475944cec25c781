import type { Spot } from "./source.ts";

/** Objects have their keys in order: that is how they are gone through. */
export type HclValue = null | boolean | number | string | readonly HclValue[] | ReadonlyMap<string, HclValue>;

interface Node<Kind extends string> {
  readonly kind: Kind;
  readonly spot: Spot;
}

export interface Literal extends Node<"literal"> {
  readonly value: null | boolean | number | string;
}
export interface Template extends Node<"template"> {
  readonly parts: readonly TemplatePart[];
}
export interface Name extends Node<"name"> {
  readonly name: string;
}
export interface Attribute extends Node<"attribute"> {
  readonly of: Expression;
  readonly name: string;
}
export interface Index extends Node<"index"> {
  readonly of: Expression;
  readonly key: Expression;
}
/** `of[*]` and what is taken of each element. */
export interface Splat extends Node<"splat"> {
  readonly of: Expression;
  readonly steps: readonly SplatStep[];
}
export type SplatStep = { readonly name: string; readonly spot: Spot } | { readonly key: Expression };
export interface Call extends Node<"call"> {
  readonly name: string;
  readonly args: readonly Expression[];
  /** `f(list...)` */
  readonly spreads: boolean;
}
export interface Unary extends Node<"unary"> {
  readonly operator: "-" | "!";
  readonly operand: Expression;
}
export interface Binary extends Node<"binary"> {
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}
export interface Conditional extends Node<"conditional"> {
  readonly condition: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}
export interface List extends Node<"list"> {
  readonly items: readonly Expression[];
}
export interface ObjectNode extends Node<"object"> {
  readonly entries: readonly { readonly key: Expression; readonly value: Expression }[];
}
export interface For extends Node<"for"> {
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly collection: Expression;
  /** An object is made where it is there. */
  readonly key: Expression | undefined;
  readonly value: Expression;
  readonly grouped: boolean;
  readonly condition: Expression | undefined;
}

export type Expression =
  | Literal
  | Template
  | Name
  | Attribute
  | Index
  | Splat
  | Call
  | Unary
  | Binary
  | Conditional
  | List
  | ObjectNode
  | For;

export type TemplatePart =
  | string
  | { readonly kind: "value"; readonly value: Expression }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: readonly TemplatePart[];
      readonly otherwise: readonly TemplatePart[];
    }
  | {
      readonly kind: "for";
      readonly keyName: string | undefined;
      readonly valueName: string;
      readonly collection: Expression;
      readonly body: readonly TemplatePart[];
    };

export interface HclAttribute {
  readonly name: string;
  readonly spot: Spot;
  readonly value: Expression;
}

export interface HclBlock {
  readonly type: string;
  readonly labels: readonly string[];
  readonly spot: Spot;
  readonly body: HclBody;
  /** Comments that stand directly before it. */
  readonly comments: readonly string[];
}

export interface HclBody {
  readonly attributes: readonly HclAttribute[];
  readonly blocks: readonly HclBlock[];
}
