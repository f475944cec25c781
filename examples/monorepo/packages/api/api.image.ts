import { base } from "@example/base/image";
import { httpService } from "@example/base/service";
import { image, param } from "tsdock";

const port = param("api-port", 8080);

export const api = image("acme/api")
  .from(base)
  .with(httpService(port))
  .copy("cgi-bin", "/srv/cgi-bin/", { chmod: "755" })
  .cmd(["httpd", "-f", "-v", "-p", String(port), "-h", "/srv"]);
