import { createRequire } from "node:module";
import type { Dispatcher } from "undici";

type Undici = typeof import("undici");

const load = createRequire(import.meta.url);
let complete = false;

/** A part of undici by its file: its entry brings fetch, web sockets, caches and mocks too, which take as long to load as Node to start. */
function part(file: string): unknown {
  if (!complete) {
    // As the entry does it.
    const { prototype } = load("undici/lib/dispatcher/dispatcher.js") as Undici["Dispatcher"];
    Object.assign(prototype, load("undici/lib/api/index.js"));
    complete = true;
  }
  return load(`undici/lib/${file}.js`);
}

export const undici = {
  agent: () => part("dispatcher/agent") as Undici["Agent"],
  pool: () => part("dispatcher/pool") as Undici["Pool"],
  proxyAgent: () => part("dispatcher/proxy-agent") as Undici["ProxyAgent"],
  envHttpProxyAgent: () => part("dispatcher/env-http-proxy-agent") as Undici["EnvHttpProxyAgent"],
  redirect: () => part("interceptor/redirect") as Undici["interceptors"]["redirect"],
};

/** One request for a whole URL. Rejects with what undici or the system says. */
export const sendRequest = (
  url: URL,
  dispatcher: Dispatcher,
  options: Omit<Dispatcher.RequestOptions, "origin" | "path">,
): Promise<Dispatcher.ResponseData> =>
  dispatcher.request({ ...options, origin: url.origin, path: `${url.pathname}${url.search}` });
