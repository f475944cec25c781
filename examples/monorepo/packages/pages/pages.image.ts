import { base } from "@example/base/image";
import { httpService } from "@example/base/service";
import { image } from "tsdock";

export const pages = image("acme/pages")
  .from(base)
  .with(httpService(8081))
  .copy("public", "/srv/www/", { exclude: ["**/*.md"] })
  .cmd(["httpd", "-f", "-v", "-p", "8081", "-h", "/srv/www"]);
