import { imageAt, imageMark, linkOf, type Target } from "../../declare/image.ts";
import type { Instruction, Link } from "../../declare/instruction.ts";
import { calledAt, thrownAt } from "../../declare/site.ts";
import { formatPlace } from "../../errors/place.ts";
import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import { formatPlatform, type Platform } from "../../oci/spec/platform.ts";
import { problem } from "./problems.ts";

/** Helpers within helpers: more than this is a helper that calls itself. */
const deepest = 100;

/** The first link of a chain: the call of `image()`. */
export function rootOf(link: Link): Link {
  let root = link;
  while (root.previous !== undefined) root = root.previous;
  return root;
}

/** The last instruction of this type that was written in the chain itself, not in a helper. */
export function lastOf<Type extends Instruction["type"]>(
  link: Link,
  type: Type,
): (Link & { readonly instruction: Extract<Instruction, { type: Type }> }) | undefined {
  for (let one: Link | undefined = link; one !== undefined; one = one.previous) {
    if (one.instruction.type === type)
      return one as Link & { readonly instruction: Extract<Instruction, { type: Type }> };
  }
  return undefined;
}

/** Calls helpers: each once per place in a chain and target platform, however many images go through it. */
export class Expander {
  readonly #results = new Map<Link, Map<string, Link>>();

  /** All instructions for a platform, first to last, with those of helpers in place of `with`. */
  expand(link: Link, platform: Platform, depth = 0): readonly Link[] {
    if (depth > deepest)
      throw problem("GRAPH_CYCLE", "a helper given to with() calls with() without end", link.site);
    const links: Link[] = [];
    for (let one: Link | undefined = link; one !== undefined; one = one.previous) {
      if (one.instruction.type === "with") {
        links.reverse();
        return [...this.expand(this.#call(one, platform), platform, depth + 1), ...links];
      }
      links.push(one);
    }
    return links.reverse();
  }

  #call(link: Link, platform: Platform): Link {
    const key = formatPlatform(platform);
    const results = this.#results.get(link) ?? new Map<string, Link>();
    this.#results.set(link, results);
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = callHelper(link, platform);
    results.set(key, result);
    return result;
  }
}

/** At the place in the helper, which is where the mistake is: the message says what called it. */
function helperThrew(error: unknown, site: Link["site"]): TsdockError {
  const why =
    error instanceof Error ? error.message : typeof error === "string" ? error : `it threw a ${typeof error}`;
  const called = site.place();
  const thrown = thrownAt(error);
  const by = thrown === undefined || called === undefined ? "" : ` at ${formatPlace(called)}`;
  return new TsdockError("DECLARATION_THREW", `a helper given to with()${by} failed: ${why}`, {
    place: thrown ?? called,
    hint: "it is called once per target platform",
  });
}

function callHelper(link: Link, platform: Platform): Link {
  const { instruction, previous, site } = link;
  if (instruction.type !== "with" || previous === undefined || typeof instruction.apply !== "function") {
    throw problem("DECLARATION_INVALID", "with takes a function", site);
  }
  if (instruction.more !== undefined && instruction.more.length > 0) {
    const hint = "what else the helper needs, give it yourself: with((img) => helper(img, …))";
    throw problem("DECLARATION_INVALID", "with takes a function and nothing else", site, hint);
  }
  const apply = instruction.apply as (image: unknown, target: Target) => unknown;
  let result: unknown;
  try {
    const target = Object.freeze({ platform: Object.freeze({ ...platform }) });
    result = calledAt(site, () => apply(imageAt(previous), target));
  } catch (error) {
    if (isTsdockError(error)) throw error;
    throw helperThrew(error, site);
  }
  const mark = imageMark(result);
  if (mark === "ours") {
    const given = linkOf(result as object);
    if (given !== undefined) return given;
  }
  if (mark === "foreign")
    throw problem(
      "DECLARATION_FOREIGN",
      "a helper gave an image made by another copy of tsdock",
      site,
      "install one version for the whole workspace",
    );
  const promise = typeof (result as { then?: unknown } | null | undefined)?.then === "function";
  throw problem(
    "DECLARATION_INVALID",
    `a helper given to with() must return an image, and ${promise ? "a promise" : String(result)} is none`,
    site,
    promise ? "helpers are synchronous: load what they need before" : "return what the methods give",
  );
}
