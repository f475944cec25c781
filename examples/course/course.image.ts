// The three images of a first course on containers, and the program of the first one compiled in an image of its own.
import { image, scratch } from "tsdock";
import { debian } from "tsdock/plugins/debian";

/** A compiler: not exported, so it is no image of the workspace, only a step on the way. */
const compiler = image()
  .from(debian({ packages: ["g++"], essential: true }))
  .copy("premier-programme.cpp", "/src/")
  .run("g++ -static -Os -s -o /premier-programme /src/premier-programme.cpp");

/** One file on nothing: `tsdock run premier-programme` prints `Bonjour à tous !`. */
export const premierProgramme = image()
  .from(scratch)
  .copy("/premier-programme", "/", { from: compiler })
  .entrypoint(["/premier-programme"]);

const busybox = debian({ packages: ["busybox-static"], busyboxLinks: true });

/** Prints its CMD, or the argument given instead: `tsdock run echo "Ici un nouvel argument !"`. */
export const echo = image().from(busybox).entrypoint(["echo"]).cmd(["Bonjour à tous"]);

/** A web server installed by apt, on a Debian made from packages. */
export const web = image()
  .from(debian({ packages: ["apt", "debian-archive-keyring"], configure: true }))
  .env({ MA_VARIABLE: "je suis une variable" })
  .run(`
    set -e
    apt-get update && apt-get install -y --no-install-recommends nginx curl
    # What apt and its helpers write with the time in it: without it, every build gives the same bytes.
    rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/*.log /var/cache/apt/*.bin /var/cache/ldconfig/aux-cache
  `)
  .expose(80, 443)
  .cmd(["nginx", "-g", "daemon off;"]);
