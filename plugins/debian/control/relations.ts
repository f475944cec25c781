import { TsdockError } from "tsdock/plugin";
import type { VersionOperator } from "./compare-versions.ts";

/** One package that a relationship field names: `libc6:any (>= 2.36)`. */
export interface Relation {
  readonly name: string;
  /** What follows the colon: `any` or an architecture. */
  readonly qualifier?: string;
  readonly constraint?: { readonly operator: VersionOperator; readonly version: string };
}

/** Alternatives in the order of preference: `a | b`. */
export type RelationGroup = readonly Relation[];

const grammar =
  /^([a-z0-9A-Z][a-z0-9A-Z+.-]*)(?::([a-z0-9-]+))?(?:\s*\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?(?:\s*\[[^\]]*\])?(?:\s*<[^>]*>)*$/;

/** `<` and `>` are the old spellings of `<=` and `>=` (Debian policy 7.1). */
const operators: Readonly<Record<string, VersionOperator>> = {
  "<<": "<<",
  "<=": "<=",
  "<": "<=",
  "=": "=",
  ">=": ">=",
  ">": ">=",
  ">>": ">>",
};

function parseRelation(text: string): Relation {
  const match = grammar.exec(text);
  const name = match?.[1];
  if (match === null || name === undefined) {
    throw new TsdockError(
      "DEBIAN_INDEX_INVALID",
      `${JSON.stringify(text)} is not a relationship between packages`,
    );
  }
  const operator = operators[match[3] ?? ""];
  return {
    name,
    ...(match[2] === undefined ? {} : { qualifier: match[2] }),
    ...(operator === undefined ? {} : { constraint: { operator, version: match[4] ?? "" } }),
  };
}

/** Reads `Depends`, `Provides`, `Conflicts` … of a binary package. Error `DEBIAN_INDEX_INVALID`. */
export function parseRelations(text: string): RelationGroup[] {
  return text
    .split(",")
    .map((group) => group.trim())
    .filter((group) => group !== "")
    .map((group) => group.split("|").map((alternative) => parseRelation(alternative.trim())));
}

/** As it is written in a control file. */
export const formatRelation = (relation: Relation): string =>
  `${relation.name}${relation.qualifier === undefined ? "" : `:${relation.qualifier}`}${
    relation.constraint === undefined
      ? ""
      : ` (${relation.constraint.operator} ${relation.constraint.version})`
  }`;

export const formatGroup = (group: RelationGroup): string => group.map(formatRelation).join(" | ");
