import { image, scratch } from "tsdock";

export const web = image()
  .from(scratch)
  .copy("public", "/srv/www/")
  .expose(80)
  .cmd(["/usr/bin/httpd", "-h", "/srv/www"]);
