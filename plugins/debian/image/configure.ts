import type { EphemeralFile, SourceContext, SourceLayer } from "tsdock/plugin";
import type { PackageState } from "./database.ts";
import { scriptOrder } from "./script-order.ts";

/** Services are not started while an image is made (invoke-rc.d(8), policy-rc.d). */
const denyServices: EphemeralFile = {
  target: "/usr/sbin/policy-rc.d",
  content: Buffer.from("#!/bin/sh\nexit 101\n"),
  mode: 0o755,
};

/**
 * What differs from run to run or from machine to machine and is made again where it is missing: logs, caches,
 * identities and keys that no two containers should share, dpkg's own backups.
 */
const discard: readonly string[] = [
  "/var/log/dpkg.log",
  "/var/log/alternatives.log",
  "/var/log/bootstrap.log",
  "/var/log/apt/**",
  "/var/cache/ldconfig/**",
  "/var/cache/debconf/*-old",
  "/var/lib/dpkg/*-old",
  "/var/lib/dpkg/lock*",
  "/var/lib/dpkg/triggers/Lock",
  "/etc/machine-id",
  "/var/lib/dbus/machine-id",
  "/var/lib/systemd/random-seed",
  "/etc/ssh/ssh_host_*",
  "/usr/sbin/policy-rc.d",
  "/tmp/**",
  "/run/**",
];

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Runs every preinst, then has dpkg configure everything. A preinst runs after its files are there, which is later
 * than dpkg runs it, so that a diversion is recorded and never renames the package's own file.
 */
function script(states: readonly PackageState[]): string {
  const preinsts = scriptOrder(states)
    .filter((state) => state.hasPreinst)
    .map((state) => `preinst ${quote(state.name)} ${quote(state.architecture)} ${quote(state.infoName)}`);
  return `set -e
preinst() {
  DPKG_MAINTSCRIPT_PACKAGE="$1" DPKG_MAINTSCRIPT_ARCH="$2" DPKG_MAINTSCRIPT_NAME=preinst \\
    DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 "/var/lib/dpkg/info/$3.preinst" install ||
    { echo "the preinst of $1 failed" >&2; exit 1; }
}
export DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT=
[ -e /usr/bin/awk ] || { [ -e /usr/bin/mawk ] && ln -s mawk /usr/bin/awk; }
${preinsts.join("\n")}
unset DPKG_ADMINDIR DPKG_ROOT
exec dpkg --configure -a
`;
}

/** Runs the maintainer scripts on the layers; gives what they changed. */
export async function configure(
  states: readonly PackageState[],
  layers: readonly SourceLayer[],
  context: SourceContext,
): Promise<SourceLayer | undefined> {
  return await context.exec({
    layers,
    argv: ["/bin/sh", "-c", script(states)],
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      LC_ALL: "C.UTF-8",
      DEBIAN_FRONTEND: "noninteractive",
      DEBCONF_NONINTERACTIVE_SEEN: "true",
      SOURCE_DATE_EPOCH: String(context.clampTime),
    },
    network: "none",
    files: [denyServices],
    discard,
  });
}
