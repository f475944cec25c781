import type { Endpoint } from "./host-options.ts";
import { redirectTarget } from "./redirect-target.ts";
import { protocolError } from "./registry-error.ts";
import { pullScope } from "./scope.ts";
import type { Session } from "./session.ts";

export interface PagedList {
  readonly endpoint: Endpoint;
  /** Below `/v2/REPOSITORY/`, with its query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that say that there is no such list. */
  readonly absent: readonly number[];
  /** For messages. */
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

const pageBytes = 16 * 1024 * 1024;
/** Of all pages: more than any list that somebody keeps. */
const listBytes = 256 * 1024 * 1024;
const pageCount = 10_000;

/**
 * A list of a registry, page by page as its `Link` headers lead on (distribution-spec, end-8b; RFC 8288). Gives nothing where there is
 * no such list. Error `REGISTRY_PROTOCOL` where the pages lead in a circle or do not end.
 */
export async function* readPages(session: Session, list: PagedList): AsyncGenerator<Buffer, void, void> {
  const { endpoint, headers = {}, absent, what, signal } = list;
  const scopes = [pullScope(endpoint.repository)];
  const seen = new Set<string>();
  let bytes = 0;
  let target: URL | undefined = new URL(`/v2/${endpoint.repository}/${list.target}`, endpoint.origin);
  while (target !== undefined) {
    if (seen.has(target.href)) throw protocolError(what, "its pages lead in a circle");
    seen.add(target.href);
    const accept = [200, ...absent];
    const response = await session.send({
      endpoint,
      method: "GET",
      target,
      scopes,
      headers,
      accept,
      what,
      signal,
    });
    if (response.status !== 200) {
      await response.discard();
      return;
    }
    const page = await response.read(pageBytes);
    bytes += page.length;
    if (seen.size > pageCount || bytes > listBytes) throw protocolError(what, "its pages do not end");
    yield page;
    const next = nextLink(response.header("link"));
    target = next === undefined ? undefined : redirectTarget(next, target, what);
  }
}

/** The target of `<…>; rel="next"` (RFC 8288). */
function nextLink(header: string | undefined): string | undefined {
  for (const [, target, parameters = ""] of (header ?? "").matchAll(/<([^>]*)>((?:\s*;\s*[^,]*)?)/g)) {
    if (/\brel="?next"?/i.test(parameters)) return target;
  }
  return undefined;
}
