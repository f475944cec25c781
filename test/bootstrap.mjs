// What a fresh clone lacks: npm packages, the build, Debian packages. Plain JavaScript, since nothing is installed yet.
// Every step looks first and does nothing when there is nothing to do.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..");
const stamps = path.join(root, "node_modules", ".tsdock");

/** Packages of Debian by the program that they bring. `required` by the tests in CI; the others widen what is compared. */
const programs = {
  crun: "crun",
  runc: "runc",
  "docker-registry": "docker-registry",
  skopeo: "skopeo",
  umoci: "umoci",
  dockerd: "docker.io",
  "/bin/busybox": "busybox-static",
  newuidmap: "uidmap",
  htpasswd: "apache2-utils",
  setcap: "libcap2-bin",
  getfattr: "attr",
  unshare: "util-linux",
  ip: "iproute2",
  nft: "nftables",
  slirp4netns: "slirp4netns",
  git: "git",
  curl: "curl",
  "ssh-agent": "openssh-client",
  xz: "xz-utils",
  pgrep: "procps",
  bzip2: "bzip2",
  zstd: "zstd",
};
/** What another package brings along on older distributions: Debian 12's docker.io has the client in it. */
const laterPrograms = {
  docker: "docker-cli",
  "/usr/libexec/docker/cli-plugins/docker-buildx": "docker-buildx",
};
const optionalPrograms = {
  buildah: "buildah",
  podman: "podman",
  // What buildah of newer distributions makes networks with.
  "/usr/lib/podman/netavark": "netavark",
  pigz: "pigz",
};

const directories = [
  ...(process.env.PATH ?? "").split(":"),
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
  "/usr/bin",
  "/bin",
];
const has = (program) =>
  program.startsWith("/")
    ? fs.existsSync(program)
    : directories.some((directory) => fs.existsSync(path.join(directory, program)));

const say = (text) => process.stdout.write(`${text}\n`);

/** Runs a command in the open; its failure ends us, unless it may fail. */
export function run(command, args, { mayFail = false, env = {}, quiet = false } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env },
  });
  if (result.status === 0 || mayFail) return result.status ?? 1;
  if (quiet) process.stderr.write(`${result.stdout}${result.stderr}`);
  process.stderr.write(
    `${command} ${args.join(" ")} ended with ${result.status ?? result.signal ?? result.error?.message}\n`,
  );
  process.exit(result.status ?? 1);
}

const digestOfFiles = (files) => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(fs.readFileSync(path.join(root, file)));
  return hash.digest("hex");
};

function* filesBelow(directory) {
  for (const entry of fs.readdirSync(path.join(root, directory), { withFileTypes: true })) {
    const name = `${directory}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(name);
    else yield name;
  }
}

/** Does `work` unless it was done for the same input before. */
function once(name, digest, describe, work) {
  const stamp = path.join(stamps, name);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === digest) return;
  say(describe);
  work();
  fs.mkdirSync(stamps, { recursive: true });
  fs.writeFileSync(stamp, digest);
}

/** Why npm does not do something, in its own first words; undefined where it did it. */
function refusalOf(args) {
  const { status, stderr } = spawnSync("npm", args, {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (status === 0) return undefined;
  const lines = (stderr ?? "")
    .split("\n")
    .filter((line) => /^npm err/i.test(line) && !/^npm err\S* *$/i.test(line));
  return [...lines.slice(0, 6), ...(lines.length > 6 ? [`… and ${lines.length - 6} lines more`] : [])]
    .map((line) => `    ${line}`)
    .join("\n");
}

export function installNpmPackages() {
  const digest = digestOfFiles(["package.json", "package-lock.json"]);
  const quietly = ["--no-audit", "--no-fund", "--loglevel=error"];
  const ci = ["ci", ...quietly];
  once("npm", digest, "• installing npm packages (npm ci)", () => {
    const refusal = refusalOf(ci);
    if (refusal === undefined) return;
    // npm checks a lockfile against what the registry tells of each package. One that lacks a binary of another platform makes
    // `npm ci` refuse; `npm install` takes the locked versions of all that can be had.
    say(`• npm ci refused the lockfile:\n${refusal}`);
    say("• npm install takes the locked versions of everything that can be had");
    run("npm", ["install", "--no-save", ...quietly]);
  });
  const example = "examples/monorepo";
  const lock = digestOfFiles([`${example}/package.json`, `${example}/package-lock.json`]);
  once("npm-monorepo", lock, `• linking the packages of ${example} (npm ci)`, () =>
    run("npm", [...ci, "--prefix", example]),
  );
}

export function buildOurselves() {
  const files = [
    ...["tsdown.config.ts", "chunk-names.ts", "builtin-imports.ts", "keep-code.ts"],
    "package-lock.json",
    ...filesBelow("core"),
    ...filesBelow("plugins"),
  ].sort();
  const digest = fs.existsSync(path.join(root, "dist", "cli.cjs")) ? digestOfFiles(files) : "";
  const wanted = digestOfFiles(files);
  if (digest !== wanted) fs.rmSync(path.join(stamps, "build"), { force: true });
  once("build", wanted, "• building tsdock (npm run build)", () =>
    run("npm", ["run", "--silent", "build"], { quiet: true }),
  );
}

/** Installs what is missing and may be installed. What cannot be had is told, and the tests that need it say so again. */
export function installDebianPackages({ optional = false } = {}) {
  const wanted = { ...programs, ...(optional ? optionalPrograms : {}) };
  installLacking(wanted);
  installLacking(Object.fromEntries(Object.entries(laterPrograms).filter(isLackingAndKnown)));
}

/** Whether apt has such a package here at all. */
const isLackingAndKnown = ([program, name]) =>
  !has(program) &&
  has("apt-cache") &&
  run("apt-cache", ["show", "--no-all-versions", name], aptOptions) === 0;

function installLacking(wanted) {
  const missing = [
    ...new Set(
      Object.entries(wanted)
        .filter(([program]) => !has(program))
        .map(([, name]) => name),
    ),
  ];
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !has("apt-get")) {
    say(`• not installed, and this user cannot install them with apt: ${missing.join(" ")}`);
    return;
  }
  say(`• installing Debian packages: ${missing.join(" ")}`);
  if (aptInstall(missing) === 0) return;
  run("apt-get", ["update", "-q"], aptOptions);
  if (aptInstall(missing) === 0) return;
  for (const name of missing) if (aptInstall([name]) !== 0) say(`• ${name} cannot be installed`);
}

const aptOptions = { mayFail: true, env: { DEBIAN_FRONTEND: "noninteractive" }, quiet: true };
const aptInstall = (names) =>
  run(
    "apt-get",
    ["install", "-y", "-q", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends", ...names],
    aptOptions,
  );

export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`tsdock needs Node 20.19 or later; this is ${process.versions.node}\n`);
  process.exit(2);
}
