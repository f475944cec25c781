import type { Dispatcher } from "undici";

let complete: Promise<void> | undefined;

/** Gives dispatchers their methods, as undici's entry does. */
async function addMethods(): Promise<void> {
  const [{ default: dispatcher }, { default: methods }] = await Promise.all([
    import("undici/lib/dispatcher/dispatcher.js"),
    import("undici/lib/api/index.js"),
  ]);
  Object.assign(dispatcher.prototype, methods);
}

async function part<T>(file: Promise<{ readonly default: T }>): Promise<T> {
  await (complete ??= addMethods());
  return (await file).default;
}

/** undici by its files: its entry brings fetch, web sockets, caches and mocks too, which take as long to load as Node to start. */
export const undici = {
  agent: () => part(import("undici/lib/dispatcher/agent.js")),
  pool: () => part(import("undici/lib/dispatcher/pool.js")),
  proxyAgent: () => part(import("undici/lib/dispatcher/proxy-agent.js")),
  envHttpProxyAgent: () => part(import("undici/lib/dispatcher/env-http-proxy-agent.js")),
  redirect: () => part(import("undici/lib/interceptor/redirect.js")),
};

/** One request for a whole URL. Rejects with what undici or the system says. */
export const sendRequest = (
  url: URL,
  dispatcher: Dispatcher,
  options: Omit<Dispatcher.RequestOptions, "origin" | "path">,
): Promise<Dispatcher.ResponseData> =>
  dispatcher.request({ ...options, origin: url.origin, path: `${url.pathname}${url.search}` });
