import type { Site } from "../../declare/site.ts";
import { nearestNames } from "../nearest-names.ts";
import { shown } from "./check.ts";
import { problem } from "./problems.ts";

/** What an option takes: true or false, a list, or something that is checked where it is used. */
export type Kind = "flag" | "list" | "value";
export type Kinds<Options> = Readonly<Record<keyof Options, Kind>>;

/** What people write who know the word from elsewhere. */
const otherWords: Readonly<Record<string, readonly string[]>> = {
  mode: ["chmod"],
  chmod: ["mode"],
  owner: ["chown"],
  user: ["chown"],
  ignore: ["exclude"],
  mount: ["mounts"],
  cwd: ["workdir"],
  rw: ["writable"],
  readonly: ["writable"],
  src: ["source"],
  dst: ["target"],
  branch: ["ref"],
  tag: ["ref"],
  sha256: ["checksum"],
};

/** Options as an object with no other names than those. Error `DECLARATION_INVALID`. */
export function checkShape(
  what: string,
  value: unknown,
  kinds: Readonly<Record<string, Kind>>,
  site: Site,
): void {
  if (value === undefined) return;
  if (typeof value !== "object" || value === null || Array.isArray(value) || "0" in value) {
    throw problem(
      "DECLARATION_INVALID",
      `${what} takes its options as an object, and ${"0" in Object(value) ? "text or a list" : shown(value)} is none`,
      site,
      hintOf(what, kinds),
    );
  }
  for (const [name, given] of Object.entries(value)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw unknownOption(what, name, kinds, site);
    if (kind === "flag" && given !== undefined && typeof given !== "boolean") {
      throw problem(
        "DECLARATION_INVALID",
        `${name} of ${what} is true or false, and ${shown(given)} is neither`,
        site,
        `write ${name}: true`,
      );
    }
    if (kind === "list" && given !== undefined && !Array.isArray(given)) {
      throw problem(
        "DECLARATION_INVALID",
        `${name} of ${what} is a list, and ${shown(given)} is none`,
        site,
        `write ${name}: [ … ]`,
      );
    }
  }
}

function unknownOption(what: string, name: string, kinds: Readonly<Record<string, Kind>>, site: Site): Error {
  const all = Object.keys(kinds);
  const other = (otherWords[name] ?? []).filter((word) => all.includes(word));
  const meant = other.length > 0 ? other : nearestNames(name, all);
  return problem(
    "DECLARATION_INVALID",
    `${what} has no option ${JSON.stringify(name)}`,
    site,
    meant.length > 0 ? `did you mean ${meant.join(" or ")}?` : hintOf(what, kinds),
  );
}

function hintOf(what: string, kinds: Readonly<Record<string, Kind>>): string {
  const all = Object.keys(kinds);
  if (what === "run")
    return `a command of several words is a list: run(["npm", "ci"]); its options are ${all.join(", ")}`;
  return all.length === 0 ? "leave them out" : `it has ${all.join(", ")}`;
}
