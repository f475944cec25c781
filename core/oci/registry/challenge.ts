/** What a 401 asks for. */
export type Challenge =
  | { readonly scheme: "basic" }
  | {
      readonly scheme: "bearer";
      /** URL of the token service. */
      readonly realm: string;
      readonly service: string | undefined;
      /** Scopes that the registry wants, as it wrote them. */
      readonly scopes: readonly string[];
      /** `insufficient_scope`, `invalid_token` (RFC 6750, 3.1). */
      readonly error: string | undefined;
    };

/**
 * Reads `WWW-Authenticate` (RFC 9110, 11.6.1), several challenges in one header among them, and chooses:
 * Bearer before Basic. Undefined where neither is offered.
 */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const offered = parseAll(header ?? "");
  const bearer = offered.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
  if (bearer !== undefined) {
    const { parameters } = bearer;
    return {
      scheme: "bearer",
      realm: parameters.get("realm") ?? "",
      service: parameters.get("service"),
      scopes: (parameters.get("scope") ?? "").split(" ").filter((scope) => scope !== ""),
      error: parameters.get("error"),
    };
  }
  return offered.some(({ scheme }) => scheme === "basic") ? { scheme: "basic" } : undefined;
}

interface Offer {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

// A parameter, or else the name of a scheme; sticky, so that nothing is skipped.
const parameter = /([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const scheme = /([\w-]+)(?=\s|,|$)/y;

function parseAll(header: string): Offer[] {
  const offers: Offer[] = [];
  let at = 0;
  while (at < header.length) {
    if (/[\s,]/.test(header[at] ?? "")) {
      at += 1;
      continue;
    }
    parameter.lastIndex = at;
    const pair = parameter.exec(header);
    const current = offers.at(-1);
    if (pair !== null && current !== undefined) {
      const value = pair[2]?.replace(/\\(.)/g, "$1") ?? pair[3] ?? "";
      current.parameters.set((pair[1] ?? "").toLowerCase(), value);
      at = parameter.lastIndex;
      continue;
    }
    scheme.lastIndex = at;
    const name = scheme.exec(header);
    if (name === null) return offers;
    offers.push({ scheme: (name[1] ?? "").toLowerCase(), parameters: new Map() });
    at = scheme.lastIndex;
  }
  return offers;
}
