// Files of undici that have no declarations of their own.
declare module "undici/lib/dispatcher/dispatcher.js" {
  export { Dispatcher as default } from "undici";
}
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici";
}
declare module "undici/lib/dispatcher/pool.js" {
  export { Pool as default } from "undici";
}
declare module "undici/lib/dispatcher/proxy-agent.js" {
  export { ProxyAgent as default } from "undici";
}
declare module "undici/lib/dispatcher/env-http-proxy-agent.js" {
  export { EnvHttpProxyAgent as default } from "undici";
}
declare module "undici/lib/interceptor/redirect.js" {
  import type { interceptors } from "undici";
  const redirect: typeof interceptors.redirect;
  export default redirect;
}
declare module "undici/lib/api/index.js" {
  const methods: object;
  export default methods;
}
