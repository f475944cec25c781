import type { Endpoint } from "./host-options.ts";
import { readPages } from "./pages.ts";
import { protocolError } from "./registry-error.ts";
import type { Session } from "./session.ts";

const pageSize = 1000;

/** All tags of a repository, in the registry's order (distribution-spec, end-8); none where it does not exist. */
export async function listTags(
  session: Session,
  endpoint: Endpoint,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const what = `list the tags of ${endpoint.registry}/${endpoint.repository}`;
  const list = { endpoint, target: `tags/list?n=${pageSize}`, absent: [404], what, signal };
  const tags: string[] = [];
  for await (const page of readPages(session, list)) for (const tag of parsePage(page, what)) tags.push(tag);
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
