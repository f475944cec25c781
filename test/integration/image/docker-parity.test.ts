import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CliWorkspace } from "../../support/cli.ts";
import { InProcessWorkspace } from "../../support/in-process-workspace.ts";
import { type Dockerd, startDockerd } from "../../support/dockerd.ts";
import { compareContainers } from "./compare-containers.ts";
import { differences, expectListed, type Json } from "../../support/listed-differences.ts";
import { requires } from "../../support/requires.ts";

/** Rows of `--format json` or `{{json .}}`. */
const rows = (text: string): readonly Json[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Json);

const source = `import { image, scratch } from "tsdock";
export const base = image().from(scratch).file("/etc/motd", "Bonjour\\n").env({ PATH: "/bin", LANG: "C.UTF-8" });
export const doomed = image().from(base).file("/etc/doomed", "soon gone");
export const parity = image()
  .from(base)
  .file("/etc/issue", "Bonjour à tous\\n", { chmod: "600" })
  .directory("/srv/data")
  .symlink("motd", "/etc/link")
  .workdir("/srv")
  .user("7:8")
  .label({ b: "2", a: "1" })
  .expose(80, "53/udp")
  .volume("/srv/data")
  .stopSignal("SIGINT")
  .healthcheck({ test: ["/bin/true"], interval: "30s" })
  .entrypoint(["/bin/echo"])
  .cmd(["Bonjour à tous", "a very long argument that the table has to shorten somewhere"]);
`;

describe.skipIf(!requires("dockerd", "root"))("beside docker", () => {
  let daemon: Dockerd;
  let here: CliWorkspace;
  const tsdock = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await here.run(args);
    expect([exitCode, stderr.includes("error")], stderr).toEqual([0, false]);
    return stdout;
  };

  beforeAll(async () => {
    daemon = await startDockerd();
    here = new InProcessWorkspace();
    here.write("parity.image.ts", source);
    // A time in the middle of history, so that CREATED has something to say.
    const built = await here.run(["build", "--progress", "quiet"], { SOURCE_DATE_EPOCH: "1700000000" });
    expect(built.exitCode, built.stderr).toBe(0);
    await tsdock("image", "tag", "parity", "registry.example/team/parity:1.2");
    await tsdock("image", "tag", "doomed", "registry.example/team/doomed:1.2");
    const names = ["parity", "doomed"].flatMap((name) => [name, `registry.example/team/${name}:1.2`]);
    await tsdock("image", "save", "-o", "parity.tar", ...names);
    daemon.docker("load", "--input", here.path("parity.tar"));
  });
  afterAll(async () => {
    await here[Symbol.asyncDispose]();
    await daemon[Symbol.asyncDispose]();
  });

  it("inspect differs in what the page lists, and in nothing else", async () => {
    const [theirs] = JSON.parse(daemon.docker("image", "inspect", "parity")) as Json[];
    const [ours] = JSON.parse(await tsdock("image", "inspect", "parity")) as Json[];
    expectListed(differences(ours, theirs), "image inspect");
  });

  it.each([
    "{{.Id}} {{.Os}}/{{.Architecture}} {{.Created}}",
    "{{json .Config.Env}} {{json .Config.Cmd}} {{json .Config.Labels}} {{json .Config.ExposedPorts}} {{json .RootFS}}",
    "{{range .Config.Env}}{{println .}}{{end}}{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}",
    '{{index .Config.Labels "a"}}|{{index .Config.Labels "none"}}|{{.Config.Labels.none}}|{{join .Config.Cmd ","}}',
    "{{.Config.User}} {{.Config.WorkingDir}} {{.Config.Volumes}} {{.Config.Entrypoint}} {{.Config.OnBuild}} {{.Config.Shell}}",
    '{{if .Config.Healthcheck}}{{.Config.Healthcheck.Test}}{{end}} {{len .RootFS.Layers}} {{printf "%.3q" .Os}} {{upper .Os | lower | title}}',
    '{{with index .RepoTags 0}}{{(split . ":") | len}}{{end}} {{.Config.ExposedPorts}} {{eq .Os "linux"}}',
  ])("inspect --format prints the same: %s", async (template) => {
    const ours = await tsdock("image", "inspect", "--format", template, "parity");
    expect(ours).toBe(daemon.docker("image", "inspect", "--format", template, "parity"));
  });

  it("history differs in what the page lists, and in nothing else", async () => {
    for (const flags of [[], ["--no-trunc"], ["--human=false"]]) {
      const format = ["--format", "{{json .}}"];
      const theirs = rows(daemon.docker("image", "history", ...flags, ...format, "parity"));
      const ours = rows(await tsdock("image", "history", ...flags.map(spaced).flat(), ...format, "parity"));
      expect(ours).toHaveLength(theirs.length);
      const found = ours.flatMap((row, index) => differences(row, theirs[index]));
      expectListed(found, "image history", flags.join(" "));
    }
    const table = daemon.docker("image", "history", "parity");
    const lines = (text: string) => text.split("\n").map((line) => line.trimEnd());
    expect(lines(await tsdock("image", "history", "parity"))).toEqual(lines(table));
  });

  it("ls differs in what the page lists, and in nothing else", async () => {
    const only = ["--filter", "reference=*parity", "--filter", "reference=*/*/parity"];
    const format = ["--format", "{{json .}}"];
    for (const flags of [[], ["--no-trunc"]]) {
      const theirs = rows(daemon.docker("image", "ls", ...only, ...flags, ...format));
      const ours = rows(await tsdock("image", "ls", ...only, ...flags, ...format));
      expect(ours).toHaveLength(2);
      const found = byTag(ours).flatMap((row, index) => differences(row, byTag(theirs)[index]));
      expectListed(found, "image ls");
    }
    for (const flags of [
      [],
      ["--digests"],
      ["-q"],
      ["--format", "{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}"],
    ]) {
      const sorted = (text: string) => text.trim().split("\n").sort();
      const ours = sorted(await tsdock("image", "ls", ...only, ...flags));
      expect(ours, flags.join(" ")).toEqual(sorted(daemon.docker("image", "ls", ...only, ...flags)));
    }
  });

  it.each([
    "*",
    "p*",
    "*:latest",
    "*/*/*",
    "registry.example/team/parity",
    "*/*/pari[st]y:1.?",
    "nothing",
    "p[^x]rity",
  ])("ls --filter reference=%s finds the same", async (pattern) => {
    const find = ["image", "ls", "--filter", `reference=${pattern}`, "--format", "{{.Repository}}:{{.Tag}}"];
    const sorted = (text: string) =>
      text
        .split("\n")
        .filter((line) => line.includes("parity"))
        .sort();
    expect(sorted(await tsdock(...find))).toEqual(sorted(daemon.docker(...find)));
  });

  it("rm says the same", async () => {
    const rm = (name: string) => ["image", "rm", name];
    for (const name of ["registry.example/team/doomed:1.2", "doomed"]) {
      const ours = (await tsdock(...rm(name))).split("\n");
      const theirs = daemon.docker(...rm(name)).split("\n");
      // Layers that the cache of builds needs stay here, as they do with BuildKit's.
      expect(theirs.slice(0, ours.length - 1)).toEqual(ours.slice(0, -1));
    }
  });

  describe.skipIf(!requires("overlayfs", "crun", "busybox-static"))("containers", () => {
    compareContainers(() => ({ daemon, home: here.home }));
  });
});

const spaced = (flag: string): readonly string[] => flag.split("=");
const byTag = (list: readonly Json[]): readonly Json[] =>
  [...list].sort((a, b) =>
    JSON.stringify((a as { Tag: string }).Tag).localeCompare(JSON.stringify((b as { Tag: string }).Tag)),
  );
