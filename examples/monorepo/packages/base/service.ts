import type { Image } from "tsdock";

/** What every service that answers HTTP has: helpers are plain functions. */
export const httpService =
  (port: number) =>
  (img: Image): Image =>
    img
      .expose(port)
      .env({ PORT: String(port) })
      .stopSignal("SIGTERM")
      .healthcheck({
        test: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${port}/`],
        interval: "30s",
        timeout: "3s",
      });
