import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { machineCertificates } from "./machine-certificates.ts";

const programs = {
  crun: "crun",
  runc: "runc",
  "docker-registry": "docker-registry",
  skopeo: "skopeo",
  umoci: "umoci",
  dockerd: "dockerd",
  buildah: "buildah",
  podman: "podman",
  setcap: "setcap",
  setfattr: "setfattr",
  strace: "strace",
  slirp4netns: "slirp4netns",
  nft: "nft",
  ip: "ip",
  git: "git",
  gpg: "gpg",
  "g++": "g++",
  "ssh-agent": "ssh-agent",
  gzip: "gzip",
  bzip2: "bzip2",
  xz: "xz",
  zstd: "zstd",
} as const;

const probes = {
  root: () => (process.geteuid?.() === 0 ? undefined : "the tests do not run as root"),
  "busybox-static": probeBusybox,
  "unprivileged-users": probeUnprivilegedUsers,
  overlayfs: probeOverlayfs,
  "debian-mirror": probeDebianMirror,
  "npm-registry": () => failure("npm", ["view", "is-number@6.0.0", "version"]),
  "large-frameworks": () =>
    process.env.TSDOCK_TEST_FRAMEWORKS === "1"
      ? undefined
      : "TSDOCK_TEST_FRAMEWORKS=1 asks for minutes of work",
  "newer-buildkit": probeBuildkit,
  buildx: () => (findBuildx() === undefined ? "no docker-buildx, which Debian has from 13 on" : undefined),
} as const satisfies Record<string, () => string | undefined>;

/** Something outside the repository that a test needs. */
export type Component = keyof typeof programs | keyof typeof probes;

/** What CI must have: there a test that would be skipped for want of one of these is a failure. */
const mandatory: ReadonlySet<Component> = new Set<Component>([
  "crun",
  "runc",
  "docker-registry",
  "skopeo",
  "umoci",
  "dockerd",
  "busybox-static",
  "ssh-agent",
  "unprivileged-users",
  "nft",
  "ip",
  "slirp4netns",
]);

/** Programs of administrators are not in everyone's PATH. */
const systemDirectories = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

const known = new Map<Component, string | undefined>();
const told = new Set<Component>();

/**
 * Whether everything that a test needs is there: `describe.skipIf(!requires("crun", "overlayfs"))`. What is missing is
 * said once per test file, with the reason. With `CI=true` a missing required component throws instead.
 */
export function requires(...components: readonly Component[]): boolean {
  let complete = true;
  for (const component of components) {
    const reason = whyMissing(component);
    if (reason === undefined) continue;
    complete = false;
    if (process.env.CI === "true" && mandatory.has(component)) {
      throw new Error(`this test needs ${component} (${reason}), which CI must have`);
    }
    if (!told.has(component)) process.stderr.write(`skipped: needs ${component} (${reason})\n`);
    told.add(component);
  }
  return complete;
}

/** The absolute path of a program, looked for where administrators keep theirs too. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? "").split(path.delimiter), ...systemDirectories];
  return directories
    .filter((directory) => path.isAbsolute(directory))
    .map((directory) => path.join(directory, name))
    .find(isExecutable);
}

/** A plugin of docker's, which is no program by itself. */
export const findBuildx = (): string | undefined =>
  ["/usr/libexec/docker/cli-plugins/docker-buildx", "/usr/lib/docker/cli-plugins/docker-buildx"].find(
    isExecutable,
  ) ?? findProgram("docker-buildx");

/** Why a component cannot be used here; undefined where it can. Looked for once per process. */
export function whyMissing(component: Component): string | undefined {
  if (!known.has(component)) known.set(component, look(component));
  return known.get(component);
}

function look(component: Component): string | undefined {
  return component in probes
    ? probes[component as keyof typeof probes]()
    : probeProgram(programs[component as keyof typeof programs]);
}

function probeProgram(name: string): string | undefined {
  return findProgram(name) === undefined ? `no ${name} in PATH` : undefined;
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What a command says when it fails, in one line; undefined when it succeeds. */
function failure(program: string, args: readonly string[]): string | undefined {
  const file = findProgram(program);
  if (file === undefined) return `no ${program} in PATH`;
  const { status, error, stderr } = spawnSync(file, args, {
    encoding: "utf8",
    timeout: 30_000,
    env: { ...process.env, ...machineCertificates() },
  });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim().split("\n").at(-1) || `${program} failed`);
}

/** Merge, diff, patterns of copies and here-documents came to dockerd's BuildKit by 24. */
function probeBuildkit(): string | undefined {
  const file = findProgram("dockerd");
  if (file === undefined) return "no dockerd in PATH";
  const { stdout } = spawnSync(file, ["--version"], { encoding: "utf8", timeout: 30_000 });
  const [, version = "?", major = "0"] = /version ((\d+)\.[^,\s]+)/.exec(stdout ?? "") ?? [];
  return Number(major) >= 24 ? undefined : `dockerd is ${version}, and this is read from 24 on`;
}

/** An image without libraries can use busybox only if it is linked statically: its program has no interpreter. */
function probeBusybox(): string | undefined {
  const file = findProgram("busybox");
  if (file === undefined) return "no busybox in PATH";
  return hasInterpreter(fs.readFileSync(file)) ? `${file} is linked dynamically` : undefined;
}

/** Whether a 64-bit little-endian ELF file has a PT_INTERP program header. */
function hasInterpreter(elf: Buffer): boolean {
  const offset = Number(elf.readBigUInt64LE(32));
  const size = elf.readUInt16LE(54);
  const count = elf.readUInt16LE(56);
  for (let index = 0; index < count; index++) {
    if (elf.readUInt32LE(offset + index * size) === 3) return true;
  }
  return false;
}

/** An ordinary user with a range of subordinate ids who may make a user namespace. Root can give one to any user. */
function probeUnprivilegedUsers(): string | undefined {
  for (const helper of ["newuidmap", "newgidmap"]) {
    if (findProgram(helper) === undefined) return `no ${helper} in PATH`;
  }
  if (process.geteuid?.() === 0) {
    return failure("setpriv", [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      "unshare",
      "--user",
      "true",
    ]);
  }
  return failure("unshare", ["--user", "true"]) ?? probeSubordinateIds();
}

function probeSubordinateIds(): string | undefined {
  const { username, uid } = os.userInfo();
  for (const file of ["/etc/subuid", "/etc/subgid"]) {
    const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n") : [];
    if (!lines.some((line) => line.startsWith(`${username}:`) || line.startsWith(`${uid}:`))) {
      return `${username} has no range in ${file}`;
    }
  }
  return undefined;
}

/** Mounts an overlay over the directory for temporary files, in a mount namespace that ends with the command. */
function probeOverlayfs(): string | undefined {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-overlay-"));
  try {
    for (const name of ["lower", "upper", "work", "merged"]) fs.mkdirSync(path.join(directory, name));
    const namespaces = process.geteuid?.() === 0 ? ["--mount"] : ["--map-root-user", "--mount"];
    const options = ["lower", "upper", "work"]
      .map((name) => `${name}dir=${path.join(directory, name)}`)
      .join(",");
    const mount = ["mount", "-t", "overlay", "overlay", "-o", options, path.join(directory, "merged")];
    return failure("unshare", [...namespaces, ...mount]);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** Asks the first mirror of apt's configuration for its release file, with apt's own proxies. */
function probeDebianMirror(): string | undefined {
  const file = findProgram("apt-get");
  if (file === undefined) return "no apt-get in PATH";
  const format = ["--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"];
  const { stdout } = spawnSync(file, ["indextargets", ...format], { encoding: "utf8", timeout: 30_000 });
  const [uri, release] = (stdout ?? "").split("\n")[0]?.split(" ") ?? [];
  if (!uri || !release) return "apt has no source";
  return downloadFailure(`${uri.replace(/\/$/, "")}/dists/${release}/InRelease`);
}

function downloadFailure(url: string): string | undefined {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-mirror-"));
  const options = [
    "-o",
    "Acquire::Retries=1",
    "-o",
    "Acquire::http::Timeout=10",
    "-o",
    "APT::Sandbox::User=root",
  ];
  try {
    const args = [...options, "download-file", url, path.join(directory, "InRelease")];
    const { status } = spawnSync("/usr/lib/apt/apt-helper", args, { timeout: 30_000 });
    return status === 0 ? undefined : "apt's first mirror does not answer";
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}
