import { spawn } from "node:child_process";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importFiles } from "../../core/toolkit/import-file.ts";
import * as dockerfilePlugin from "../../plugins/dockerfile/index.ts";
import { type CliWorkspace, finished } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { startDockerRegistry } from "../support/docker-registry.ts";
import { type Dockerd, startDockerd } from "../support/dockerd.ts";
import { corpus, type DockerfileCase } from "../support/dockerfiles/corpus.ts";
import { readSavedImages, type SavedImage } from "../support/dockerfiles/saved-images.ts";
import { writeContext } from "../support/dockerfiles/write-context.ts";
import { findProgram, requires } from "../support/requires.ts";

const applets =
  "sh true false cat ls id env echo mkdir touch chmod chown ln rm pwd stat printf test date sleep cp mv";

/** The client that came with the daemon: newer ones build with a plugin only. */
const client =
  ["/usr/bin/docker", findProgram("docker") ?? "docker"].find((file) => fs.existsSync(file)) ?? "docker";

/** A root directory with busybox, users, and the links that distributions with a merged /usr have. */
function writeRoot(root: string): void {
  for (const name of ["dev", "etc", "proc", "sys", "usr/bin", "home", "root", "tmp", "var/log"])
    fs.mkdirSync(path.join(root, name), { recursive: true });
  fs.chmodSync(path.join(root, "tmp"), 0o1777);
  fs.chmodSync(path.join(root, "root"), 0o700);
  fs.symlinkSync("usr/bin", path.join(root, "bin"));
  fs.copyFileSync(findProgram("busybox") ?? "/bin/busybox", path.join(root, "usr/bin/busybox"));
  fs.chmodSync(path.join(root, "usr/bin/busybox"), 0o755);
  for (const name of applets.split(" ")) fs.symlinkSync("busybox", path.join(root, "usr/bin", name));
  fs.writeFileSync(
    path.join(root, "etc/passwd"),
    "root:x:0:0::/root:/bin/sh\nann:x:1234:1234::/home/ann:/bin/sh\n",
  );
  fs.writeFileSync(path.join(root, "etc/group"), "root:x:0:\nann:x:1234:\nstaff:x:50:ann\n");
}

/** The base in the daemon and in the registry, by one name. */
function pushBase({ docker }: Dockerd, directory: string, name: string): void {
  const root = path.join(directory, "root");
  writeRoot(root);
  const archive = path.join(directory, "root.tar");
  execFileSync("tar", ["--numeric-owner", "--owner=0", "--group=0", "-cf", archive, "-C", root, "."]);
  docker("import", "--change", "ENV PATH=/usr/bin", "--change", 'ENV BASE="from base"', archive, name);
  docker("push", "--quiet", name);
}

const fields =
  "Env Cmd Entrypoint WorkingDir User ExposedPorts Volumes Labels StopSignal Healthcheck OnBuild Shell".split(
    " ",
  );

/** What is empty is not there. */
function settled(config: Readonly<Record<string, unknown>>, except: readonly string[] = []): object {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = config[field];
      const empty =
        value === null ||
        value === undefined ||
        value === "" ||
        (typeof value === "object" && Object.keys(value).length === 0);
      const plain = field === "WorkingDir" && value === "/";
      return empty || plain || except.includes(field) ? [] : [[field, value]];
    }),
  );
}

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "dockerd", "docker-registry"))(
  "Dockerfiles that are imported",
  () => {
    let workspace: CliWorkspace;
    let base: SavedImage;
    let docker: ReadonlyMap<string, SavedImage>;
    let own: ReadonlyMap<string, SavedImage>;
    let checked = "";
    const failures = new Map<string, string>();
    const older = corpus.filter(({ newer }) => newer === undefined);

    const imageOf = ({ name, target }: DockerfileCase): string =>
      target === undefined ? name : `${name}-${target}`;

    async function importCase(one: DockerfileCase, box: string): Promise<void> {
      const directory = workspace.path("cases", one.name);
      writeContext(directory, {
        Dockerfile: one.dockerfile.replaceAll(/\bbox\b(?!-of|")/g, box),
        ...one.files,
      });
      const result = await importFiles(
        {
          files: [path.join(directory, "Dockerfile")],
          variables: {},
          config: undefined,
          output: workspace.path("modules", `${one.name}.image.ts`),
          context: undefined,
          name: undefined,
          targets: one.target === undefined ? [] : [one.target],
          args: one.buildArgs ?? {},
          baseEnv: one.baseEnv ?? {},
          paramPrefix: `${one.name}.`,
          partial: false,
          force: false,
        },
        {
          cwd: workspace.directory,
          env: {},
          emit: () => undefined,
          signal: new AbortController().signal,
          self: { "tsdock/plugins/dockerfile": dockerfilePlugin },
        },
      );
      expect(result.problems).toEqual([]);
    }

    /** Real BuildKit, four at a time. */
    async function buildWithDocker(daemon: Dockerd): Promise<void> {
      const waiting = [...older];
      const work = async (): Promise<void> => {
        for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
          const args = Object.entries(one.buildArgs ?? {}).flatMap(([name, value]) => [
            "--build-arg",
            `${name}=${value}`,
          ]);
          const target = one.target === undefined ? [] : ["--target", one.target];
          const child = spawn(
            client,
            [
              "--host",
              daemon.host,
              "build",
              "--network=host",
              "--progress=plain",
              "-t",
              `docker/${one.name}`,
              ...args,
              ...target,
              workspace.path("cases", one.name),
            ],
            {
              env: { ...process.env, DOCKER_BUILDKIT: "1", HOME: workspace.directory },
              stdio: ["ignore", "pipe", "pipe"],
            },
          );
          const { exitCode, stderr } = await finished(child);
          if (exitCode !== 0) failures.set(one.name, `docker: ${stderr.slice(-1500)}`);
        }
      };
      await Promise.all([work(), work(), work()]);
      const archive = workspace.path("docker.tar");
      if (failures.size === older.length) throw new Error([...failures.values()][0]);
      const built = older.filter(({ name }) => !failures.has(name)).map(({ name }) => `docker/${name}`);
      daemon.docker("save", "-o", archive, ...built);
      docker = await readSavedImages(archive);
    }

    async function buildOwn(box: string): Promise<void> {
      const archive = workspace.path("own.tar");
      workspace.write(
        "modules/box.image.ts",
        `import { image } from "tsdock";\nexport const base = image().from(${JSON.stringify(box)});\n`,
      );
      const built = await workspace.run([
        "build",
        "--keep-going",
        "-o",
        `type=docker,dest=${archive}`,
        "--progress",
        "plain",
      ]);
      if (built.exitCode !== 0) failures.set("tsdock build", built.stderr);
      if (!fs.existsSync(archive)) throw new Error(built.stderr);
      own = await readSavedImages(archive);
      base = own.get("base") ?? { files: new Map(), config: {} };
    }

    beforeAll(async () => {
      workspace = new InProcessWorkspace();
      fs.mkdirSync(workspace.path("base"));
      await using registry = await startDockerRegistry();
      await using daemon = await startDockerd();
      const box = `${registry.host}/box`;
      pushBase(daemon, workspace.path("base"), box);
      for (const one of corpus) await importCase(one, box);
      await buildWithDocker(daemon);
      await buildOwn(box);
      // What rules say of an image that runs as root or keeps a cache is the Dockerfile's own affair.
      const { stdout } = await workspace.run(["check", "--json"]);
      const { problems } = JSON.parse(stdout) as { problems: { rule?: string; message: string }[] };
      checked = problems.flatMap(({ rule, message }) => (rule === undefined ? [message] : [])).join("\n");
    }, 420_000);

    afterAll(() => workspace[Symbol.asyncDispose]());

    it("are modules that type-check and build", () => {
      expect([...failures].map(([name, why]) => `${name}: ${why}`).join("\n")).toBe("");
      expect(checked).toBe("");
      expect(corpus.length).toBeGreaterThanOrEqual(40);
    });

    it.each(older.map((one) => [one.name, one] as const))(
      "%s: the files and the configuration that docker makes",
      (_, one) => {
        const [theirs, ours] = [docker.get(`docker/${one.name}`), own.get(imageOf(one))];
        const except = one.differs?.paths ?? [];
        const files = (image: SavedImage | undefined): readonly string[] =>
          [...(image?.files ?? [])]
            .filter(([name]) => !except.includes(name))
            .map(([, line]) => line)
            .sort();
        expect(files(ours)).toEqual(files(theirs));
        expect(settled(ours?.config ?? {}, one.differs?.config)).toEqual(
          settled(theirs?.config ?? {}, one.differs?.config),
        );
      },
    );

    it.each(corpus.flatMap((one) => (one.newer === undefined ? [] : [[one.name, one, one.newer] as const])))(
      "%s: what current BuildKit makes",
      (_, one, newer) => {
        const image = own.get(imageOf(one));
        const added = [...(image?.files ?? [])]
          .filter(([name, line]) => base.files.get(name) !== line)
          .map(([, line]) => line);
        expect(added.sort()).toEqual([...newer.added].sort());
        if (newer.config !== undefined) expect(settled(image?.config ?? {})).toMatchObject(newer.config);
      },
    );
  },
);
