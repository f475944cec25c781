import { image } from "tsdock";
import { debian } from "tsdock/plugins/debian";

/** What every service of this workspace stands on: a shell and small tools, and nobody who is root. */
export const base = image("acme/base")
  .from(debian({ packages: ["busybox-static"], busyboxLinks: true }))
  .file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n")
  .file("/etc/group", "root:x:0:\napp:x:1000:\n")
  .directory("/home/app", { chown: "app:app" })
  .env({ LANG: "C.UTF-8" })
  .workdir("/home/app")
  .user("app");
