import type { Endpoint } from "./host-options.ts";
import { redirectTarget } from "./exchange.ts";
import { protocolError } from "./registry-error.ts";
import { pullScope } from "./scope.ts";
import type { Session } from "./session.ts";

const pageSize = 1000;
const pageLimit = 16 * 1024 * 1024;

/** All tags of a repository, in the registry's order (distribution-spec, end-8); none where it does not exist. */
export async function listTags(
  session: Session,
  endpoint: Endpoint,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const what = `list the tags of ${endpoint.registry}/${endpoint.repository}`;
  const subject = { what, registry: endpoint.registry, credentials: "" };
  const tags: string[] = [];
  const seen = new Set<string>();
  let target: URL | undefined = new URL(
    `/v2/${endpoint.repository}/tags/list?n=${pageSize}`,
    endpoint.origin,
  );
  while (target !== undefined) {
    if (seen.has(target.href)) throw protocolError(what, "its pages lead in a circle");
    seen.add(target.href);
    const response = await session.send({
      endpoint,
      method: "GET",
      target,
      scopes: [pullScope(endpoint.repository)],
      accept: [200, 404],
      what,
      signal,
    });
    if (response.status === 404) {
      await response.discard();
      return tags;
    }
    tags.push(...parsePage(await response.read(pageLimit), what));
    const next = nextLink(response.header("link"));
    target = next === undefined ? undefined : redirectTarget(next, target, subject);
  }
  return tags;
}

function parsePage(bytes: Buffer, what: string): readonly string[] {
  let page: { tags?: unknown } | null;
  try {
    page = JSON.parse(bytes.toString("utf8")) as typeof page;
  } catch (error) {
    throw protocolError(what, `the answer is not JSON (${(error as Error).message})`);
  }
  const tags = page?.tags ?? [];
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string")) {
    throw protocolError(what, "the answer has no list of tags");
  }
  return tags;
}

/** The target of `<…>; rel="next"` (RFC 8288). */
export function nextLink(header: string | undefined): string | undefined {
  for (const [, target, parameters = ""] of (header ?? "").matchAll(/<([^>]*)>((?:\s*;\s*[^,]*)?)/g)) {
    if (/\brel="?next"?/i.test(parameters)) return target;
  }
  return undefined;
}
