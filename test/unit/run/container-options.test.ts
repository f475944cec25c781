import os from "node:os";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../../core/cli/parse.ts";
import { runRequest } from "../../../core/cli/run-request.ts";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";
import type { ImageView } from "../../../core/oci/image/image-view.ts";
import type { ContainerConfig } from "../../../core/oci/spec/image-config.ts";
import type { Digest } from "../../../core/oci/spec/digest.ts";
import type { ContainerDraft } from "../../../core/run/create-container.ts";
import { containerDraft } from "../../../core/toolkit/container-draft.ts";

const digest: Digest = `sha256:${"0".repeat(64)}`;
const descriptor = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 1 };
let printed = "";
const terminal = {
  out: () => undefined,
  err: (text: string) => {
    printed = text;
  },
  interactive: false,
  color: false,
  columns: () => 80,
  inputIsTerminal: false,
  write: () => undefined,
};

/** What `tsdock run ARGS box` would make of an image, without starting anything. */
async function drafted(args: readonly string[], config: ContainerConfig = {}): Promise<ContainerDraft> {
  printed = "";
  const parsed = await parseCommandLine(["run", "--rm", ...args, "box", "true"], "0", terminal);
  if (parsed.kind !== "command") throw new Error(`${parsed.exitCode} ${printed}`);
  const view = {
    descriptor,
    manifest: { schemaVersion: 2, mediaType: descriptor.mediaType, config: descriptor, layers: [] },
    config: { architecture: "amd64", os: "linux", config, rootfs: { type: "layers", diff_ids: [] } },
  } as ImageView;
  const cwd = os.tmpdir();
  return containerDraft(runRequest(parsed.options, parsed.args), view, {
    cwd,
    env: { TSDOCK_HOME: `${cwd}/no-home-of-tsdock`, HOME: "/root" },
    emit: () => undefined,
    signal: new AbortController().signal,
    self: {},
  });
}

async function refusal(args: readonly string[], config?: ContainerConfig): Promise<string> {
  try {
    await drafted(args, config);
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    expect(error.hint).toBeTruthy();
    return `${error.code} ${error.message}`;
  }
  return "taken";
}

const long = "a".repeat(65);

describe("what a container is asked to be", () => {
  it.each<readonly [args: readonly string[], said: RegExp]>([
    [["-p", "99999:80"], /^PORT_INVALID "99999:80"/],
    [["-p", "abc"], /^PORT_INVALID/],
    [["-p", "1.2.3:80:80"], /^PORT_INVALID/],
    [["-p", "80-81:80-85"], /^PORT_INVALID/],
    [["-p", "80:80/sctp"], /^PORT_INVALID/],
    [["--memory", "10 elephants"], /^USAGE --memory 10 elephants is no amount/],
    [["--memory", "1"], /^USAGE/],
    [["--memory=-5m"], /^USAGE/],
    [["--cpus=-1"], /^USAGE --cpus -1 is no number of processors/],
    [["--cpus", "100000"], /^USAGE --cpus 100000 .* from 0.01 to /],
    [["--pids-limit", "many"], /^USAGE --pids-limit many/],
    [["--restart", "nonsense"], /^USAGE --restart nonsense is no policy/],
    [["--restart", "always:3"], /^USAGE/],
    [["--restart", "on-failure:-1"], /^USAGE/],
    [["--restart", "always"], /^USAGE --rm and --restart exclude/],
    [["--health-interval", "1"], /^DURATION_INVALID --health-interval 1 /],
    [["--health-timeout=-1s"], /^DURATION_INVALID/],
    [["--health-retries", "-1"], /^USAGE --health-retries/],
    [["--no-healthcheck", "--health-cmd", "true"], /^USAGE --no-healthcheck conflicts/],
    [["--ulimit", "memlock=-1"], /^LIMIT_UNAVAILABLE --ulimit memlock=-1: .* CAP_SYS_RESOURCE/],
    [["-e", "=x"], /^ENV_INVALID/],
    [["-e", ""], /^ENV_INVALID/],
    [["--env-file", "missing.env"], /^ENV_INVALID --env-file missing.env cannot be read/],
    [["--env-file", "."], /^ENV_INVALID/],
    [["-v", ""], /^VOLUME_INVALID/],
    [["-v", "/a:/b:/c:d"], /^VOLUME_INVALID/],
    [["-v", "a:/x"], /^VOLUME_INVALID/],
    [["-v", "data:relative"], /^VOLUME_INVALID/],
    [["-v", "/x:ro"], /^VOLUME_INVALID/],
    [["-v", "data:/x:rx"], /^VOLUME_INVALID/],
    [["-v", "data:/"], /^VOLUME_INVALID/],
    [["-v", "one:/x", "--tmpfs", "/x"], /^MOUNT_DUPLICATE/],
    [["--tmpfs", "relative"], /^VOLUME_INVALID --tmpfs "relative"/],
    [["--tmpfs", "/"], /^VOLUME_INVALID/],
    [["-w", "relative"], /^USAGE --workdir relative is no absolute path/],
    [["--hostname", "a b"], /^USAGE --hostname "a b"/],
    [["--hostname", "x\n10.0.0.1 evil"], /^USAGE/],
    [["--hostname", "../../x"], /^USAGE/],
    [["--hostname", long], /^USAGE/],
    [["--cap-add", "NOPE"], /^USAGE --cap-add NOPE/],
    [["--cap-drop", "NOPE"], /^USAGE --cap-drop NOPE/],
    [["--stop-signal", "NOPE"], /^SIGNAL_INVALID/],
    [["--stop-timeout", "x"], /^USAGE --stop-timeout x/],
    [["-l", "=x"], /^LABEL_INVALID/],
    [["--network", "container:"], /^CONTAINER_NOT_FOUND/],
    [["--add-host", "db"], /^HOST_INVALID/],
    [["--dns", "nobody"], /^USAGE --dns nobody is no address/],
    [["--network", "host", "--network-alias", "x"], /^USAGE --network-alias and --network host exclude/],
    [["--shm-size", "big"], /^USAGE --shm-size big is no amount/],
    [["--expose", "nonsense"], /^PORT_INVALID/],
    [["--volumes-from", "nobody"], /^CONTAINER_NOT_FOUND/],
    [["--mount", "type=bind,src=/nowhere,dst=/x"], /^MOUNT_SOURCE_MISSING .* \/nowhere is not there/],
    [["--mount", "type=bind,dst=/x"], /^VOLUME_INVALID .* it has no src/],
    [["--mount", "src=data,dst=x"], /^VOLUME_INVALID .* it has no dst/],
    [["--mount", "type=npipe,src=a,dst=/x"], /^VOLUME_INVALID .* is no type/],
    [["--mount", "type=volume,dst=/x,tmpfs-size=1m"], /^VOLUME_INVALID .* only a tmpfs/],
    [["--mount", "type=tmpfs,src=a,dst=/x"], /^VOLUME_INVALID .* no source/],
    [["--mount", "src=data,dst=/x,ro=perhaps"], /^VOLUME_INVALID .* true or false/],
    [["--mount", "src=data,dst=/x,propagation=shared"], /^VOLUME_INVALID .* nothing that a mount has/],
  ])("cannot be %j", async (args, said) => {
    expect(await refusal(args)).toMatch(said);
  });

  it.each<readonly [config: object, said: RegExp]>([
    [{ Env: ["A=1\u0000B=2"] }, /^IMAGE_INVALID .* bytes of zero/],
    [{ WorkingDir: "/a\u0000" }, /^IMAGE_INVALID/],
    [{ Volumes: { "/": {} } }, /^IMAGE_INVALID .* whole file system/],
    [{ Volumes: { "../..": {} } }, /^IMAGE_INVALID/],
    [{ StopSignal: "NOPE" }, /^SIGNAL_INVALID/],
    [{ Healthcheck: { Test: ["CMD", "true"], Interval: -5 } }, /^DURATION_INVALID .* Interval -5 ns/],
    [{ Healthcheck: { Test: ["CMD", "true"], Timeout: 1 } }, /^DURATION_INVALID/],
    [{ Healthcheck: { Test: ["CMD", "true"], Retries: -1 } }, /^DURATION_INVALID/],
    [{ Healthcheck: { Test: null, Interval: -5 } }, /^taken/],
    [{ Volumes: null, Env: null, ExposedPorts: { nonsense: {} } }, /^taken/],
  ])("cannot be what the image %j says", async (config, said) => {
    expect(await refusal([], config as ContainerConfig)).toMatch(said);
  });

  it.each([
    ["--detatch", "unknown option '--detatch'\n  (Did you mean --detach?)"],
    ["--nonsense", "unknown option '--nonsense'\n"],
    ["--privileged", "unknown option '--privileged': nothing gives a container all of this machine"],
    ["--pull=sometimes", "Allowed choices are always, missing, never."],
  ])("cannot be %s, which ends with docker's code", async (option, said) => {
    await expect(drafted([option])).rejects.toThrow("125 error USAGE ");
    expect(printed).toContain(said);
  });

  it("has what is mounted in any of the forms", async () => {
    const { mounts, config } = await drafted([
      ...["--mount", "type=bind,src=.,target=/a,readonly", "--mount", "destination=/b"],
      ...["--mount", "type=tmpfs,dst=/c,tmpfs-mode=700", "--shm-size", "1m", "--expose", "80-81/udp"],
    ]);
    const tmpfs = ["nosuid", "nodev", "noexec"];
    expect(mounts).toEqual([
      { type: "bind", source: os.tmpdir(), target: "/a", readonly: true },
      { type: "volume", name: "", anonymous: true, source: "", target: "/b", readonly: false },
      { type: "tmpfs", target: "/c", options: [...tmpfs, "mode=700"] },
      { type: "tmpfs", target: "/dev/shm", options: [...tmpfs, "mode=1777", "size=1048576"] },
    ]);
    expect(config.ExposedPorts).toEqual({ "80/udp": {}, "81/udp": {} });
  });

  it("has the volumes of the image where nothing else is, wherever its names begin", async () => {
    const { mounts } = await drafted(["-v", "named:/data"], {
      Volumes: { "data/": {}, logs: {}, "/logs": {} },
    });
    expect(mounts.map(({ target }) => target)).toEqual(["/data", "/logs"]);
  });
});
