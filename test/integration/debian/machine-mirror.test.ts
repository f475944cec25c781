import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createNativeExecutor } from "../../../core/build/native/native-executor.ts";
import { type Digest, digestOf } from "../../../core/oci/spec/digest.ts";
import type { EphemeralFile, SourceExec, SourceLayer } from "../../../core/plugin/contract.ts";
import { debian, type DebianOptions, debianPlugin } from "../../../plugins/debian/index.ts";
import { requires } from "../../support/requires.ts";
import { sourceContext } from "../../support/source-context.ts";

/** One directory for the file: what is downloaded once serves every test. */
let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-debian-"));
});
afterAll(async () => await fs.promises.rm(directory, { recursive: true, force: true, maxRetries: 3 }));

/** And one command, which reads the lists of packages once. */
const { signal } = new AbortController();

interface Locked {
  readonly packages: readonly { readonly name: string; readonly version: string }[];
}
const lock = async (options: DebianOptions): Promise<Locked> =>
  (await debianPlugin.resolve(
    debian(options).spec,
    sourceContext(directory, { signal }),
  )) as unknown as Locked;

// Packages come from far away, and those of a compiler are a hundred megabytes.
vi.setConfig({ testTimeout: 400_000 });

describe.skipIf(!requires("debian-mirror"))("closures from the machine's mirror", () => {
  /** What apt would install on a machine with nothing on it. */
  function aptWould(packages: readonly string[], state: string): string[] {
    const options = [
      `Dir::State=${state}`,
      `Dir::State::status=${state}/status`,
      `Dir::Cache=${state}/cache`,
      // Images of containers have it turned off.
      "Dir::Cache::pkgcache=pkgcache.bin",
      "Dir::Cache::srcpkgcache=srcpkgcache.bin",
      "APT::Sandbox::User=root",
      "APT::Get::List-Cleanup=false",
    ].flatMap((option) => ["-o", option]);
    const run = (...args: string[]) =>
      execFileSync("apt-get", [...options, "-q", ...args], {
        encoding: "utf8",
        env: { PATH: process.env.PATH, LC_ALL: "C" },
        stdio: ["ignore", "pipe", "pipe"],
      });
    if (!fs.existsSync(`${state}/status`)) {
      for (const sub of ["lists/partial", "cache/archives/partial"])
        fs.mkdirSync(path.join(state, sub), { recursive: true });
      fs.writeFileSync(`${state}/status`, "");
      run("update");
    }
    return run("install", "-s", "--no-install-recommends", ...packages)
      .split("\n")
      .flatMap((line) => /^Inst (\S+) \((\S+)/.exec(line)?.slice(1, 3).join("=") ?? [])
      .sort();
  }

  const sets = [
    ["busybox-static"],
    ["bash", "coreutils"],
    ["g++", "dash"],
    ["nginx-light", "curl", "usr-is-merged"],
    ["python3", "git", "ca-certificates"],
  ];

  it.each(sets.map((set) => [set.join(" "), set] as const))("are apt's for %s", async (_name, packages) => {
    const ours = (await lock({ packages })).packages.map(({ name, version }) => `${name}=${version}`).sort();
    expect(ours).toEqual(aptWould(packages, path.join(directory, "apt")));
  });
});

describe.skipIf(!requires("debian-mirror", "overlayfs", "root"))("images from the machine's mirror", () => {
  /** Layers unpacked, by digest. */
  const snapshots = new Map<Digest, string>();
  const emit = () => undefined;
  const newExecutor = () => createNativeExecutor({ stateDirectory: path.join(directory, "state"), emit });

  async function unpacked(
    layers: readonly SourceLayer[],
    executor: Awaited<ReturnType<typeof newExecutor>>,
  ): Promise<string[]> {
    for (const { diffId } of layers) {
      if (snapshots.has(diffId)) continue;
      const target = path.join(directory, "snapshots", diffId.slice(7, 19));
      fs.mkdirSync(path.dirname(target), { recursive: true });
      await executor.unpack(
        path.join(directory, "layers", diffId.slice(7)),
        target,
        new AbortController().signal,
      );
      snapshots.set(diffId, target);
    }
    return layers.map(({ diffId }) => snapshots.get(diffId) ?? "");
  }

  let count = 0;
  async function run(request: SourceExec, executor: Awaited<ReturnType<typeof newExecutor>>, keep: boolean) {
    const id = `test-${count++}`;
    const tar = path.join(directory, "layers", id);
    const snapshot = path.join(directory, "snapshots", id);
    let log = "";
    const outcome = await executor.exec(
      {
        id,
        argv: request.argv,
        env: Object.entries(request.env).map(([name, value]) => `${name}=${value}`),
        cwd: "/",
        user: "0:0",
        hostname: "test",
        lower: await unpacked(request.layers, executor),
        mounts: (request.files ?? []).map((file) => ({ ...file, type: "file" as const, uid: 0, gid: 0 })),
        network: request.network,
        ...(keep ? { capture: { tar, snapshot, clampTime: 0, discard: request.discard ?? [] } } : {}),
        output: (_stream, chunk) => {
          log += Buffer.from(chunk).toString();
        },
      },
      new AbortController().signal,
    );
    expect(outcome.exitCode, log).toBe(0);
    if (outcome.layer !== undefined) {
      fs.renameSync(tar, path.join(directory, "layers", outcome.layer.diffId.slice(7)));
      snapshots.set(outcome.layer.diffId, snapshot);
    }
    return { layer: outcome.layer, log };
  }

  async function image(options: DebianOptions) {
    const executor = await newExecutor();
    const { spec } = debian(options);
    const context = sourceContext(directory, {
      signal,
      exec: async (request) => (await run(request, executor, true)).layer,
    });
    const result = await debianPlugin.build(
      spec,
      await debianPlugin.resolve(spec, context),
      context,
      undefined,
    );
    const ephemeral: readonly EphemeralFile[] = (await debianPlugin.ephemeral?.(spec, context)) ?? [];
    const layers = result.layers.map(({ layer }) => layer);
    return {
      layers,
      result,
      sh: async (script: string, network: "host" | "none" = "none") =>
        (
          await run(
            {
              layers,
              argv: ["/bin/sh", "-c", script],
              env: { PATH: "/usr/sbin:/usr/bin", LC_ALL: "C" },
              network,
              files: ephemeral,
            },
            executor,
            false,
          )
        ).log,
      [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose](),
    };
  }

  it("busybox with its links is a shell and tools", async () => {
    await using busybox = await image({ packages: ["busybox-static"], busyboxLinks: true });
    expect(
      await busybox.sh("echo Bonjour | tr a-z A-Z; ls -d /usr; test -x /bin/sh && busybox --list | wc -l"),
    ).toMatch(/^BONJOUR\n\/usr\n\d{3}\n$/);
    expect(
      await busybox.sh("for applet in $(busybox --list); do [ -e /bin/$applet ] || echo $applet; done"),
    ).toBe("");
    expect(busybox.result.config.Cmd).toEqual(["sh"]);
  });

  it("g++ compiles without being configured", async () => {
    await using builder = await image({ packages: ["g++", "dash"] });
    const program = '#include <iostream>\nint main() { std::cout << "bonjour" << std::endl; }';
    expect(await builder.sh(`cd /tmp && echo '${program}' > a.cc && g++ -static -O1 a.cc -o a && ./a`)).toBe(
      "bonjour\n",
    );
  });

  it("a configured base is sound for dpkg and apt, apt installs from the machine's mirror, and no layer knows the mirror", async () => {
    await using base = await image({ packages: ["apt"], configure: true });
    expect(
      await base.sh(
        "dpkg --audit && dpkg -l | grep -vc ^ii && dpkg -V | grep -v '^......... c'; apt-get check -qq && getent passwd _apt",
      ),
    ).toMatch(/^5\n_apt:/);
    expect(
      await base.sh(
        "apt-get update -qq && apt-get install -y -qq --no-install-recommends jq >/dev/null && echo '{\"a\":7}' | jq .a",
        "host",
      ),
    ).toMatch(/\b7\n$/);
    const host =
      /^URIs: https?:\/\/([^/\s]+)/m.exec(await base.sh("cat /etc/apt/sources.list.d/tsdock.sources"))?.[1] ??
      "";
    expect(host).not.toBe("");
    for (const { diffId } of base.layers) {
      const names = execFileSync("tar", ["-tf", path.join(directory, "layers", diffId.slice(7))], {
        encoding: "utf8",
      });
      expect(names).not.toContain("tsdock");
    }
    const last = base.layers.at(-1);
    await using again = await image({ packages: ["apt"], configure: true });
    expect(again.layers.at(-1)).toEqual(last);
    expect(digestOf(fs.readFileSync(path.join(directory, "layers", last?.diffId.slice(7) ?? "")))).toBe(
      last?.diffId,
    );
  });
});
