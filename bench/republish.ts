/**
 * Publishing again what is published: 50 images on one base, to Debian's docker-registry on loopback, each command whole. Beside it
 * the build that does nothing, which a publish does first. Pairs A B A B; medians of milliseconds on the clock and of processor time,
 * and the median of the pairs' differences: what publishing itself costs. One JSON document. Ends with 1 if anything was sent.
 * Needs docker-registry.
 *
 *   npm run build; bench/republish.ts [RUNS [IMAGES]]
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { CliWorkspace } from "../test/support/cli.ts";
import { startDockerRegistry } from "../test/support/docker-registry.ts";

const runs = Number(process.argv[2] ?? 15);
const count = Number(process.argv[3] ?? 50);
// Node reads certificates of this variable at every start; nothing here needs them.
const { NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;
const cli = path.resolve(import.meta.dirname, "..", "dist", "cli.cjs");

interface Cost {
  readonly ms: number;
  /** User and system time, in milliseconds. */
  readonly cpuMs: number;
}

/** Runs the command; its processor time comes from the shell that waits for it. */
function measure(workspace: CliWorkspace, args: readonly string[]): Cost {
  const times = workspace.path("times");
  const start = performance.now();
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", '"$@"; status=$?; times > "$0"; exit $status', times, cli, ...args],
    {
      cwd: workspace.directory,
      env: { ...environment, TSDOCK_HOME: workspace.home },
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`tsdock ${args.join(" ")}: ${stderr}`);
  // The second line has the children's times: `0m0.51s 0m0.08s`.
  const [, children = ""] = fs.readFileSync(times, "utf8").split("\n");
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  return { ms, cpuMs: 1000 * seconds.reduce((sum, one) => sum + one, 0) };
}

const median = (numbers: readonly number[]): number =>
  Math.round([...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0);

function fill(workspace: CliWorkspace): void {
  const images = Array.from({ length: count }, (_, index) => {
    workspace.write(`app${index}.txt`, `app ${index}`);
    return `export const app${index} = image().from(base).copy("app${index}.txt", "/srv/");`;
  });
  workspace.write("base.txt", "x".repeat(100_000));
  const base = 'export const base = image().from(scratch).copy("base.txt", "/etc/");';
  workspace.write("apps.image.ts", ['import { image, scratch } from "tsdock";', base, ...images].join("\n"));
}

await using workspace = new CliWorkspace();
await using registry = await startDockerRegistry();
fill(workspace);
const publish = ["publish", "--registry", `${registry.host}/acme`, "--tag", "1.0.0", "--immutable"];
for (let warmUp = 0; warmUp < 2; warmUp++) measure(workspace, publish);

const before = registry.accessLog().length;
const pairs: (readonly [build: Cost, publish: Cost])[] = [];
for (let run = 0; run < runs; run++) pairs.push([measure(workspace, ["build"]), measure(workspace, publish)]);
const requests = registry.accessLog(before);
const isQuestion = (method: string): boolean => method === "GET" || method === "HEAD";

const figures = {
  name: `publish ${count} images again`,
  runs,
  buildMs: median(pairs.map(([build]) => build.ms)),
  publishMs: median(pairs.map(([, again]) => again.ms)),
  addedMs: median(pairs.map(([build, again]) => again.ms - build.ms)),
  buildCpuMs: median(pairs.map(([build]) => build.cpuMs)),
  publishCpuMs: median(pairs.map(([, again]) => again.cpuMs)),
  addedCpuMs: median(pairs.map(([build, again]) => again.cpuMs - build.cpuMs)),
  requestsPerRun: requests.length / runs,
  sent: requests.filter(({ method }) => !isQuestion(method)).length,
  load: os.loadavg()[0],
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exitCode = figures.sent === 0 ? 0 : 1;
