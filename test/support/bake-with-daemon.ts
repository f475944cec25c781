import { spawnSync } from "node:child_process";
import fs from "node:fs";
import type { Dockerd } from "./dockerd.ts";
import { findBuildx } from "./requires.ts";

interface BakeFile {
  readonly target: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface BakeRequest {
  readonly daemon: Dockerd;
  /** An exported bake file, which is changed. */
  readonly file: string;
  /** From where its paths are. */
  readonly cwd: string;
  readonly targets: readonly string[];
  /** Where the OCI archive of a target goes. */
  readonly archive: (target: string) => string;
  readonly sets?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Builds all targets at once with buildx and the BuildKit of a daemon, in which nothing has a network. */
export function bakeWithDaemon({
  daemon,
  file,
  cwd,
  targets,
  archive,
  sets = [],
  env = {},
}: BakeRequest): void {
  fs.writeFileSync(file, JSON.stringify(forDaemon(JSON.parse(fs.readFileSync(file, "utf8")) as BakeFile)));
  const all = [...sets, ...targets.map((name) => `${name}.output=type=oci,dest=${archive(name)}`)];
  const { status, stderr } = spawnSync(
    findBuildx() ?? "",
    ["bake", "-f", file, ...all.flatMap((set) => ["--set", set]), "--progress=plain", ...targets],
    {
      cwd,
      encoding: "utf8",
      timeout: 240_000,
      env: { ...process.env, DOCKER_HOST: daemon.host, DOCKER_CONFIG: `${file}.docker`, ...env },
    },
  );
  if (status !== 0) throw new Error(stderr.slice(-4000));
}

/** The daemon has no bridge, and no registry from which it could have the frontend that `# syntax=` names. */
const forDaemon = ({ target, ...others }: BakeFile): unknown => ({
  ...others,
  target: Object.fromEntries(
    Object.entries(target).map(([name, one]) => [
      name,
      { ...one, "dockerfile-inline": withoutNetwork(String(one["dockerfile-inline"])) },
    ]),
  ),
});

const withoutNetwork = (text: string): string =>
  text.replace(/^# syntax=.*\n/, "").replaceAll(/^RUN (?!--)/gm, "RUN --network=none ");
