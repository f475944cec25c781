import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { addBusybox, imports } from "../support/busybox.ts";
import { type CliUser, CliWorkspace } from "../support/cli.ts";
import { type DockerRegistry, startDockerRegistry } from "../support/docker-registry.ts";
import { otherUser } from "../support/other-user.ts";
import { lingeringWith } from "../support/processes.ts";
import { seeded } from "../support/random.ts";
import { requires } from "../support/requires.ts";

/** Of root and of an ordinary user; half of them hit the process alone, half its whole group. */
const kills = [130, 70] as const;
/** After so many a normal run must be right, and the next ones begin with an empty store. */
const between = 15;
/** So many kills in one store are worth a look at all of it, also when a command ends before it is hit. */
const enough = 8;

interface Published {
  readonly images: readonly { readonly name: string; readonly imageId: string; readonly digest: string }[];
}

/** One kill in twenty-five hits a prune, for which there has to be something to remove first; the others build, publish and pull alike often. */
const prunes = 0.04;

/** Of a store that what was killed before has left full: everything that has no name goes, its snapshots and caches too. */
const prune = ["prune", "--all"] as const;

/** What must be equal however often it was killed before. */
interface Outcome {
  readonly images: readonly (readonly string[])[];
  readonly pulled: readonly string[];
}

interface LayoutIndex {
  readonly manifests: readonly {
    readonly digest: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
}

const seed = Number(process.env["TSDOCK_TEST_SEED"] ?? randomBytes(4).readUInt32LE());

/** Busybox with links for what is run below: making all four hundred takes as long as the rest of a build. */
const box = `image().from(scratch).copy("busybox", "/bin/").run(["/bin/busybox", "sh", "-c",
  "for name in dd ln ls mkdir rm seq sh sleep touch; do busybox ln -s busybox /bin/$name; done"])`;

async function publishBase(registry: DockerRegistry): Promise<void> {
  await using one = new CliWorkspace();
  addBusybox(one);
  let data = Buffer.alloc(0);
  for (let number = 0; number < 4; number++) {
    data = createHash("shake256", { outputLength: 1 << 20 })
      .update(`data ${number}`)
      .digest();
    fs.writeFileSync(one.path(`data${number}`), data);
  }
  const copies = [0, 1, 2, 3].map((number) => `.copy("data${number}", "/data/")`).join("");
  one.write("x.image.ts", `${imports}export const base = ${box}${copies};`);
  await one.json(["publish", "--tag", "1", "--registry", `${registry.host}/acme`]);
}

const moduleText = (host: string): string => `${imports}
const base = image().from("${host}/acme/base:1");
export const web = base
  .run("ls /data > /names; rm /data/data0; ln /data/data1 /hard; sleep 0.05", { mounts: [mount.tmpfs("/scratch")] })
  .copy("src", "/srv/")
  .run("ls -l /srv > /listing", { mounts: [mount.bind("/context", { source: "src" })] });
export const job = base
  .run("mkdir /made; for i in $(seq 40); do echo $i > /made/$i; done; (sleep 50 &) ; (sleep 50 &)")
  .run("dd if=/dev/zero of=/zeros bs=64k count=16 2>/dev/null; touch /cache/file", { mounts: [mount.cache("/cache")] })
  .cmd(["/bin/ls"]);
`;

class Lane {
  readonly #workspace: CliWorkspace;
  readonly #host: string;
  readonly #random: () => number;
  #round = 0;

  constructor(host: string, user: CliUser | undefined, number: number) {
    this.#host = host;
    this.#random = seeded(seed + number);
    this.#workspace = new CliWorkspace(undefined, user);
    for (let file = 0; file < 20; file++) this.#workspace.write(`src/${file}.txt`, `file ${file}\n`);
    this.#workspace.write("x.image.ts", moduleText(host));
  }

  /** The last one is the prune. */
  get #commands(): readonly (readonly string[])[] {
    return [["build"], this.#publish, this.#pull, prune];
  }

  #choose(): number {
    const others = this.#commands.length - 1;
    return this.#random() < prunes ? others : Math.floor(this.#random() * others);
  }

  get #pull(): readonly string[] {
    return ["image", "pull", `${this.#host}/acme/base:1`];
  }

  get #publish(): readonly string[] {
    return ["publish", "--tag", "1", "--registry", `${this.#host}/lane${process.pid}x${this.#round}`];
  }

  async kill(count: number): Promise<number> {
    const limits = await this.#measure();
    const expected = await this.#outcome();
    let killed = 0;
    while (killed < count) {
      await this.#forget();
      for (let inStore = 0; inStore < between && killed < count; ) {
        if (await this.#killOne(limits, killed % 2 === 0, inStore === 0)) {
          killed += 1;
          inStore += 1;
        } else if (inStore >= enough) {
          break;
        } else {
          // What ended well has left little to interrupt.
          await this.#forget();
          inStore = 0;
        }
      }
      expect(await this.#outcome(), `seed ${seed}`).toEqual(expected);
      await this.#expectNothingLeft();
    }
    return killed;
  }

  /** How long each command takes from nothing, in milliseconds. */
  async #measure(): Promise<number[]> {
    const times: number[] = [];
    for (const command of this.#commands) {
      if (command !== prune) await this.#forget();
      const start = performance.now();
      const { exitCode, stderr } = await this.#workspace.run(command);
      expect(exitCode, stderr).toBe(0);
      times.push(performance.now() - start);
    }
    return times;
  }

  /** A new store, and repositories that nothing was published to. */
  async #forget(): Promise<void> {
    this.#round += 1;
    for (const name of fs.readdirSync(this.#workspace.home))
      await fs.promises.rm(`${this.#workspace.home}/${name}`, { recursive: true });
  }

  /** Something to remove, of images that have lost their names. */
  async #fill(): Promise<void> {
    const snapshots = `${this.#workspace.home}/snapshots`;
    if (!fs.existsSync(snapshots) || fs.readdirSync(snapshots).length === 0) {
      const built = await this.#workspace.run(["build"]);
      expect(built.exitCode, `seed ${seed}: ${built.stderr}`).toBe(0);
    }
    const named = this.#names().filter((name) => /^(?:web|job):latest$/.test(name));
    if (named.length > 0) await this.#workspace.run(["image", "rm", ...named]);
  }

  #names(): readonly string[] {
    const index = `${this.#workspace.home}/index.json`;
    if (!fs.existsSync(index)) return [];
    const { manifests } = JSON.parse(fs.readFileSync(index, "utf8")) as LayoutIndex;
    return manifests.map(({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] ?? "");
  }

  /**
   * Whether it hit: a command that had ended before does not count. Moments are spread over what a command takes from nothing,
   * which others on the machine change: `limits` follows what is seen of it, longer and shorter.
   */
  async #killOne(limits: number[], wholeGroup: boolean, fromNothing: boolean): Promise<boolean> {
    const choice = this.#choose();
    const command = this.#commands[choice] ?? [];
    if (command === prune) await this.#fill();
    const child = this.#workspace.start(command, {}, true);
    child.stdout?.resume();
    child.stderr?.resume();
    const exit = once(child, "exit");
    const [start, limit, share] = [performance.now(), limits[choice] ?? 0, this.#random()];
    await Promise.race([exit, sleep(share * limit)]);
    if (child.exitCode !== null) {
      expect(child.exitCode, `seed ${seed}`).toBe(0);
      if (fromNothing) limits[choice] = (limit + performance.now() - start) / 2;
      return false;
    }
    if (fromNothing && share > 0.8) limits[choice] = limit * 1.2;
    process.kill(wholeGroup ? -(child.pid ?? 0) : (child.pid ?? 0), "SIGKILL");
    await exit;
    return child.signalCode === "SIGKILL";
  }

  /** A normal run. */
  async #outcome(): Promise<Outcome> {
    const { images } = await this.#workspace.json<Published>(this.#publish);
    const pull = await this.#workspace.run(this.#pull);
    expect(pull.exitCode, pull.stderr).toBe(0);
    return {
      images: images.map(({ name, imageId, digest }) => [name, imageId, digest]),
      pulled: this.#pulled(),
    };
  }

  /** The digests of the base and of its layers, all of which are in the store. */
  #pulled(): readonly string[] {
    const read = (name: string): unknown =>
      JSON.parse(fs.readFileSync(`${this.#workspace.home}/${name}`, "utf8"));
    const blob = (digest: string): string => `blobs/sha256/${digest.slice("sha256:".length)}`;
    const found = (read("index.json") as LayoutIndex).manifests.find(({ annotations }) =>
      annotations?.["org.opencontainers.image.ref.name"]?.endsWith("/acme/base:1"),
    );
    const { config } = read(blob(found?.digest ?? "")) as { config: { digest: string } };
    const { rootfs } = read(blob(config.digest)) as { rootfs: { diff_ids: string[] } };
    for (const diffId of rootfs.diff_ids)
      expect(fs.existsSync(`${this.#workspace.home}/${blob(diffId)}`), `seed ${seed}: ${diffId}`).toBe(true);
    return [config.digest, ...rootfs.diff_ids];
  }

  async #expectNothingLeft(): Promise<void> {
    const doctor = await this.#workspace.run(["doctor"]);
    expect([doctor.exitCode, doctor.stderr], `seed ${seed}: ${doctor.stdout}`).toEqual([0, ""]);
    expect(await lingeringWith(this.#workspace.directory), `seed ${seed}`).toEqual([]);
    for (const name of ["leases", "tmp", "sandbox"])
      expect(fs.readdirSync(`${this.#workspace.home}/${name}`), `seed ${seed}: ${name}`).toEqual([]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#workspace[Symbol.asyncDispose]();
  }
}

describe("200 kills at random moments of build, publish, pull and prune", () => {
  it.skipIf(!requires("docker-registry", "busybox-static", "crun", "overlayfs", "unprivileged-users"))(
    "leave what the next run puts right: equal images, a sound store, nothing running, nothing mounted",
    { timeout: 900_000 },
    async () => {
      process.stderr.write(`kills: TSDOCK_TEST_SEED=${seed}\n`);
      await using registry = await startDockerRegistry();
      await publishBase(registry);
      using user = otherUser();
      await using ours = new Lane(registry.host, undefined, 1);
      await using theirs = new Lane(registry.host, user, 2);
      const outcomes = await Promise.allSettled([ours.kill(kills[0]), theirs.kill(kills[1])]);
      expect(outcomes).toEqual(kills.map((value) => ({ status: "fulfilled", value })));
    },
  );
});
