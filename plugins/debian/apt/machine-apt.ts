import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "tsdock/plugin";
import { aptConfigValue } from "./apt-config.ts";
import { type AptSource, parseDeb822Sources, parseListSources } from "./parse-sources.ts";

/** What apt of this machine is configured with. */
export interface MachineApt {
  readonly sources: readonly AptSource[];
  /** `Acquire::Check-Valid-Until` and `Acquire::Check-Date`. */
  readonly checkValidUntil: boolean;
  readonly checkDate: boolean;
  /** Absolute paths of the keyrings that hold for sources without `Signed-By`. */
  readonly keyrings: readonly string[];
}

function filesIn(directory: string, pattern: RegExp): string[] {
  if (!fs.existsSync(directory)) return [];
  return fs
    .readdirSync(directory)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => path.join(directory, name));
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (cause) {
    throw new TsdockError("DEBIAN_NO_MIRROR", `${file} cannot be read, and apt's sources are taken from it`, {
      hint: "make it readable, or give `mirror` and `suite` to debian()",
      cause,
    });
  }
}

const isOff = (value: string | undefined): boolean => /^(false|no|off|0|without|disable)$/i.test(value ?? "");

/** Reads `etc/apt` and the keyrings below `root`, `/` unless a test says otherwise. */
export function readMachineApt(root = "/"): MachineApt {
  const etc = path.join(root, "etc/apt");
  const lists = [
    ...filesIn(etc, /^sources\.list$/),
    ...filesIn(path.join(etc, "sources.list.d"), /\.(list|sources)$/),
  ];
  const config = [
    ...filesIn(path.join(etc, "apt.conf.d"), /^[A-Za-z0-9_-]+(\.conf)?$/),
    ...filesIn(etc, /^apt\.conf$/),
  ];
  const texts = config.map(read);
  return {
    sources: lists.flatMap((file) =>
      file.endsWith(".sources") ? parseDeb822Sources(read(file)) : parseListSources(read(file)),
    ),
    checkValidUntil: !isOff(aptConfigValue(texts, "Acquire::Check-Valid-Until")),
    checkDate: !isOff(aptConfigValue(texts, "Acquire::Check-Date")),
    keyrings: [
      ...filesIn(path.join(root, "usr/share/keyrings"), /^debian-archive-keyring\.(gpg|pgp)$/),
      ...filesIn(etc, /^trusted\.gpg$/),
      ...filesIn(path.join(etc, "trusted.gpg.d"), /\.(gpg|asc)$/),
    ],
  };
}
