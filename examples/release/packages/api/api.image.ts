import { image, scratch } from "tsdock";

export const api = image()
  .from(scratch)
  .file("/etc/acme/api.json", JSON.stringify({ port: 8080 }))
  .expose(8080)
  .cmd(["/usr/bin/api", "--config", "/etc/acme/api.json"]);
