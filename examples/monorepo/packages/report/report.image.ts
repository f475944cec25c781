import { base } from "@example/base/image";
import { pages } from "@example/pages/image";
import { image } from "tsdock";

/** A job: it counts what the pages service serves, and ends. */
export const report = image("acme/report")
  .from(base)
  .copy("bin/report.sh", "/usr/local/bin/report", { chmod: "755" })
  .copy("/srv/www", "/srv/www/", { from: pages })
  .cmd(["report", "/srv/www"]);
