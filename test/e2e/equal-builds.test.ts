import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { addBusybox, busyboxImage, imports } from "../support/busybox.ts";
import { type CliUser, CliWorkspace } from "../support/cli.ts";
import { otherUser } from "../support/other-user.ts";
import { lingeringWith } from "../support/processes.ts";
import { requires } from "../support/requires.ts";

interface Built {
  readonly images: readonly {
    readonly name: string;
    readonly imageId: string;
    readonly platforms: readonly { readonly layers: readonly { readonly diffId: string }[] }[];
  }[];
}
interface Published {
  readonly images: readonly { readonly name: string; readonly digest: string; readonly imageId: string }[];
}

const moduleText = `${imports}
const tools = ${busyboxImage}.file("/etc/passwd", "root:x:0:0::/:/bin/sh\\nann:x:1234:50::/home:/bin/sh\\n")
  .file("/old/removed", "x").file("/old/opaque/x", "x").file("/old/grown", "x");
export const app = tools
  .run(["mkdir -p /opt/deep; echo 1 > /opt/one; ln /opt/one /opt/deep/same; ln -s ../one /opt/deep/link",
    "chmod 4755 /opt/one; mkfifo /opt/pipe; rm -r /old/removed /old/opaque; mkdir -m 1777 /old/opaque /home",
    "touch /old/opaque/new; echo more >> /old/grown; chown 7:8 /old/grown; umask > /umask; echo $TZ $LC_ALL > /locale",
    "touch \\"/opt/$(printf 'h\\\\303\\\\251 \\\\377')\\""].join("\\n"))
  .copy(["src/**/*.txt", "script.sh"], "/srv/", { chown: "ann" }).user("ann").workdir("/home")
  .run("id > who; ls -la /srv > listing; for i in $(seq 30); do echo $i > $i; done");
export const twin = image().from(merge(tools, diff(tools, tools.file("/added", "1")))).copy("/opt", "/opt/", { from: app })
  .label({ a: "1" }).cmd(["/bin/ls"]);
`;

/** The same sources, whatever their modes, times and owners are. */
function workspace(mode: number, user?: CliUser): CliWorkspace {
  const one = new CliWorkspace(undefined, user);
  addBusybox(one);
  one.write("x.image.ts", moduleText);
  const names = ["src/b.txt", "src/a.txt", "src/é/deep.txt", "script.sh"];
  for (const name of mode === 0o644 ? names : names.reverse()) {
    one.write(name, `content of ${name}\n`);
    fs.chmodSync(one.path(name), name === "script.sh" ? mode | 0o100 : mode);
    fs.utimesSync(one.path(name), mode, mode * 7);
  }
  return one;
}

async function withUmask<T>(mask: number, work: () => Promise<T>): Promise<T> {
  const before = process.umask(mask);
  try {
    return await work();
  } finally {
    process.umask(before);
  }
}

async function outcome(
  one: CliWorkspace,
  flags: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<unknown> {
  const built = await one.json<Built>(["build", ...flags], env);
  const published = await one.json<Published>(["publish", "--tag", "1", "--registry", "oci:out"], env);
  return {
    images: built.images.map(({ name, imageId, platforms }) => [
      name,
      imageId,
      ...platforms.flatMap(({ layers }) => layers.map(({ diffId }) => diffId)),
    ]),
    manifests: published.images.map(({ name, digest, imageId }) => [name, digest, imageId]),
    blobs: fs.readdirSync(one.path("out/blobs/sha256")).sort(),
  };
}

describe.skipIf(!requires("busybox-static", "crun", "overlayfs", "unprivileged-users"))("a build", () => {
  it("gives the same in another directory, umask, time zone, locale, as another user, with other jobs", async () => {
    using user = otherUser();
    await using one = workspace(0o644);
    await using other = workspace(0o600, user);
    await using third = workspace(0o664);
    const env = { TZ: "Asia/Kolkata", LC_ALL: "tr_TR.UTF-8", LANG: "C" };
    const [first, second, last] = [
      await withUmask(0o000, () => outcome(one, ["-j1"], { TZ: "UTC", LC_ALL: "C" })),
      await withUmask(0o077, () => outcome(other, ["-j8"], env)),
      await withUmask(0o027, () =>
        outcome(third, ["-j3", "--runtime", "kernel"], { TZ: "America/St_Johns" }),
      ),
    ];
    expect(second).toEqual(first);
    expect(last).toEqual(first);
  });

  it("and another one at once on one store give the same, while a third prunes it", async () => {
    await using one = workspace(0o644);
    await using other = workspace(0o644);
    await using shared = new CliWorkspace();
    const [a, b] = [one, other].map(({ directory }) => directory);
    const command = (directory: string | undefined): string[] => ["build", "-C", directory ?? ""];
    await using alone = workspace(0o644);
    const expected = (await alone.json<Built>(["build"])).images;
    for (let round = 0; round < 3; round++) {
      const noCache = round === 1 ? ["--no-cache"] : [];
      const [first, second, pruned] = await Promise.all([
        shared.json<Built>([...command(a), ...noCache]),
        shared.json<Built>([...command(b), ...noCache]),
        shared.run(["prune", "--all"]),
      ]);
      expect(pruned.exitCode, pruned.stderr).toBe(0);
      for (const { images } of [first, second])
        expect(images.map(({ imageId }) => imageId)).toEqual(expected.map(({ imageId }) => imageId));
    }
    const doctor = await shared.run(["doctor"]);
    expect([doctor.exitCode, doctor.stderr], doctor.stdout).toEqual([0, ""]);
    for (const name of ["leases", "tmp", "sandbox", "locks"])
      expect(fs.readdirSync(`${shared.home}/${name}`), name).toEqual([]);
    expect(await lingeringWith(shared.home)).toEqual([]);
  });
});
