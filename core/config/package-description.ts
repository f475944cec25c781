import { sourceAddress, webAddress } from "../util/source-address.ts";

/** What a package.json says of its package to the rest of the world: npm's members, as annotations of images want them. */
export interface PackageDescription {
  readonly description?: string;
  /** `homepage` */
  readonly url?: string;
  /** `repository` */
  readonly source?: string;
  /** `license`, where it is an SPDX expression. */
  readonly licenses?: string;
}

type Member = keyof PackageDescription;

/** The member of package.json that each of them comes from. */
export const describingMembers: Readonly<Record<Member, string>> = {
  description: "description",
  url: "homepage",
  source: "repository",
  licenses: "license",
};

/** Reads the text of a package.json. What is no JSON, or not of the type that npm has, says nothing: it is npm's to complain about. */
export function packageDescription(text: string): PackageDescription {
  const { description, homepage, repository, license } = membersOf(text);
  const found: Readonly<Record<Member, string | undefined>> = {
    description: ofText(description, (words) => words.replace(/\s+/g, " ").trim()),
    url: ofText(homepage, webAddress),
    source: ofText(textOr(repository, "url"), sourceAddress),
    licenses: ofText(textOr(license, "type"), licenseExpression),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== ""));
}

function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** npm takes text, or an object that has it. */
const textOr = (value: unknown, member: string): unknown =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[member] : value;

const ofText = (value: unknown, read: (text: string) => string | undefined): string | undefined =>
  typeof value === "string" ? read(value) : undefined;

/** npm's own words are no expressions. */
function licenseExpression(text: string): string | undefined {
  const expression = text.trim();
  return /^(?:UNLICENSED$|SEE LICENSE IN )/i.test(expression) ? undefined : expression;
}
