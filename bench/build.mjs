// Whole-command ratios, side by side, medians: a build that does nothing against bare node, and chained RUN steps against buildah.
// The command is run as it is installed: it starts Node itself.
//   npm run build && node bench/build.mjs [RUNS]
// The first needs nothing else; the second root, crun and buildah, and is left out with its reason where they are missing.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const runs = Number(process.argv[2] ?? 9);
const cli = path.resolve(import.meta.dirname, "..", "dist", "cli.cjs");
const room = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-bench-"));
// Node reads certificates of this variable at every start: that would flatter each ratio to a bare one.
const { NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;
const env = { ...environment, TSDOCK_HOME: path.join(room, "home"), STORAGE_DRIVER: "overlay" };

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { env, stdio: ["ignore", "ignore", "pipe"], ...options });
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr ?? result.error}`);
}

function time(work) {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** A B A B …, so that a machine whose speed drifts slows both. */
function compare(name, count, ours, peer) {
  ours();
  peer();
  const pairs = Array.from({ length: count }, () => [time(ours), time(peer)]);
  const [mine, theirs] = [0, 1].map((column) => median(pairs.map((pair) => pair[column])));
  const ratio = median(pairs.map(([a, b]) => a / b));
  process.stdout.write(
    `${JSON.stringify({ name, runs: count, ms: Math.round(mine), peerMs: Math.round(theirs), ratio: Number(ratio.toFixed(2)) })}\n`,
  );
}

function workspace(name, files) {
  const directory = path.join(room, name);
  for (const [file, text] of Object.entries({
    "package.json": '{"name":"bench","private":true,"type":"module"}',
    ...files,
  })) {
    fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    fs.writeFileSync(path.join(directory, file), text);
  }
  return directory;
}

function noOp() {
  const files = {};
  for (let image = 0; image < 50; image++) {
    files[`p/i${image}/package.json`] = `{"name":"i${image}","type":"module"}`;
    files[`p/i${image}/i.image.ts`] =
      `import { image, scratch } from "tsdock";\nexport const i${image} = image().from(scratch).copy("src", "/src/");\n`;
    for (let file = 0; file < 200; file++) files[`p/i${image}/src/f${file}.txt`] = `${image} ${file}\n`;
  }
  const cwd = workspace("no-op", files);
  compare(
    "no-op build of 50 images over 10,000 files / node -e 0",
    runs,
    () => run(cli, ["build", "--progress", "quiet"], { cwd }),
    () => run("node", ["-e", "0"]),
  );
}

/** Each `true` has an argument of its own: equal steps would be one. */
function chainedSteps() {
  const missing = ["buildah", "crun"].filter(
    (program) => spawnSync(program, ["--version"]).error !== undefined,
  );
  if (process.getuid?.() !== 0 || missing.length > 0) {
    process.stdout.write(
      `left out: chained RUN needs root, crun and buildah (${missing.join(", ") || "not root"})\n`,
    );
    return;
  }
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  const cwd = workspace("steps", {
    "x.image.ts": `import { image, scratch } from "tsdock";
let img = image().from(scratch).copy("busybox", "/bin/");
for (const n of ${JSON.stringify(numbers)}) img = img.run(["/bin/busybox", "true", String(n)]);
export const x = img;
`,
    Containerfile: `FROM scratch\nCOPY busybox /bin/\n${numbers.map((n) => `RUN ["/bin/busybox", "true", "${n}"]`).join("\n")}\n`,
  });
  fs.copyFileSync("/bin/busybox", path.join(cwd, "busybox"));
  fs.chmodSync(path.join(cwd, "busybox"), 0o755);
  // Its chroot isolation is the faster of the two: the other starts an OCI runtime for each step.
  const storage = ["--root", path.join(room, "buildah"), "--runroot", path.join(room, "buildah-run")];
  const args = [
    "bud",
    "--no-cache",
    "--layers",
    "--network",
    "host",
    "--isolation",
    "chroot",
    "-q",
    "-t",
    "x",
    ".",
  ];
  compare(
    "20 chained RUN of true / buildah",
    Math.min(runs, 3),
    () =>
      run(cli, ["build", "--no-cache", "--progress", "quiet", "--runtime", "crun"], {
        cwd,
      }),
    () => run("buildah", [...storage, ...args], { cwd }),
  );
}

try {
  noOp();
  chainedSteps();
} finally {
  spawnSync("buildah", [
    "--root",
    path.join(room, "buildah"),
    "--runroot",
    path.join(room, "buildah-run"),
    "rmi",
    "-a",
    "-f",
  ]);
  fs.rmSync(room, { recursive: true, force: true });
}
