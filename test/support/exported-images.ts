/** Declarations that cover what a Dockerfile can say. `BOX` is a reference of the image `box` in a registry. */
export const exportedImages = (box: string, network: "default" | "none"): string => `
import { diff, group, image, merge, mount, scratch } from "tsdock";
import { source } from "tsdock/plugin";
const BOX = ${JSON.stringify(box)};
const net = { network: ${JSON.stringify(network)} };

export const files = image().from(scratch)
  .copy("a.txt", "/x").copy(["a.txt", "b.txt"], "/d/").copy("docs", "/docs").copy("*.txt", "/t/").copy(".", "/all/");
export const owners = image().from(BOX)
  .copy("a.txt", "/new/a", { chown: "ann:staff" }).copy("docs", "/home/ann", { chown: "ann" })
  .copy("docs", "/n", { chown: "7:8" }).copy("a.txt", "/m", { chmod: "640" }).copy("docs", "/dm", { chmod: "750" });
export const merged = image().from(BOX).copy("a.txt", "/lib/x/").copy("usr-tree", "/").copy("a.txt", "/bin/tool");
const builder = image().from(BOX).workdir("/src").copy("src", ".").run("cat index.js lib/one.js > out.js && chmod 700 out.js", net);
export const staged = image().from(scratch).copy(["/src/out.js", "/src/lib"], "/app/", { from: builder })
  .copy("/etc/passwd", "/etc/passwd", { from: BOX });
export const base = image().from(BOX).env({ A: "1", B: "it's \\"quoted\\" and $5 \\\\ back" }).label({ "org.acme": "two words" }).user("ann");
export const child = image().from(base).env({ A: "2" }).workdir("/srv").cmd(["sh"]);
export const commands = image().from(BOX).shell("/bin/sh", "-e", "-c").run("echo shell > /shell", net).entrypoint("exec sh").cmd(["-c", "x"])
  .stopSignal("SIGQUIT").expose(80, "53/udp").volume("/data", "/with blank").healthcheck({ test: ["true"], interval: "30s", timeout: "1m30s", retries: 2 });
export const noCommand = image().from(commands).entrypoint(null).cmd(null).healthcheck("none");
export const triggers = image().from(BOX).onBuild("COPY a.txt /trigger/", "RUN ${network === "none" ? "--network=none " : ""}echo ran > /ran");
export const triggered = image().from(triggers).copy("a.txt", "/own/").run("cat /ran > /after", net);
export const settings = image().from(BOX).run("id -un > who; pwd > where; echo $X > x", { ...net, user: "ann", env: { X: "a 'b' $c" }, workdir: "/tmp" })
  .run(["touch", "/exec form"], { network: "none" });
export const mounts = image().from(BOX)
  .run("cat /in/a.txt /from/index.js > /both; echo x > /cache/y; test ! -w /in/a.txt || true", {
    ...net,
    mounts: [mount.bind("/in"), mount.bind("/from", { from: builder, source: "/src" }), mount.cache("/cache", { id: "c", sharing: "locked" }), mount.tmpfs("/scratch")],
  })
  .run("cat /run/secrets/token > /secret-size; wc -c < /run/secrets/token > /size; rm /secret-size", { ...net, mounts: [mount.secret("token")] });
export const platforms = image().platforms("linux/amd64", "linux/arm64").from(scratch).copy("a.txt", "/");
export const extended = image().from(BOX).env((env) => ({ PATH: "/app/bin:" + env.PATH }));
export const removed = image().from(BOX).copy("docs", "/docs").remove("/docs/api").remove("/nothing");
export const unpacked = image().from(scratch).add({ archive: "files.tar.gz" }, "/opt/").add({ archive: "files.tar.gz" }, "/deep/er");
export const directories = image().from(BOX).directory("/var/lib/app", { chmod: "700", chown: "ann:staff" }).directory("/home").directory("deep/er");
export const chained = image().from(scratch).workdir("/app").copy("a.txt", ".").workdir("deeper").copy("b.txt", "./");

// What needs a frontend that reads here-documents and knows --link.
export const texts = image().from(BOX).file("/etc/motd", "hello $HOME \\\\ \\"x\\"\\nEOF\\n").file("/etc/empty", "", { chmod: "600", chown: "ann" })
  .run(\`
    echo one > /one
    echo "two \\\\
      lines" >> /one
  \`, net)
  .run("#!/bin/sh\\necho script > /script\\n", net)
  .run("sh /tmp/x", { ...net, mounts: [mount.file("/tmp/x", "echo from file > /mounted\\n")] });
export const linked = image().from(BOX).copy("a.txt", "/new/dir/", { link: true }).copy("docs", "/linked", { link: true });
// What lies beside the Dockerfile.
export const beside = image().from(BOX).file("/etc/hostname", "no line break").file("/bytes", new Uint8Array([0, 255, 10]), { chmod: "755" })
  .symlink("../etc/motd", "/usr/lib/link").symlink("/x", "rel", { chown: "3:4" });
const other = image({ context: "./other" }).from(scratch).copy("o.txt", "/o");
export const contexts = image().from(scratch).copy("/o", "/o", { from: other }).copy("a.txt", "/");
// What Dockerfiles cannot say, or only the newest frontends read.
export const excluding = image().from(scratch).copy("docs", "/docs", { exclude: ["*.md"] }).copy("src", "/src", { exclude: ["lib/one.js"] });
export const keeping = image().from(scratch).copy(["src/lib/one.js", "docs/*/index.md"], "/kept", { parents: true }).copy("src/./lib/one.js", "/pivot/", { parents: true });
export const combined = image().from(merge(files, staged)).copy("a.txt", "/on/top");
export const difference = image().from(scratch).copy("/", "/", { from: diff(BOX, builder) });
export const layered = image().from(BOX).add(staged).env({ X: "1" });
// What a plugin gives.
const plugin = {
  name: "notes", version: 1, title: (spec) => "notes " + spec, lockKey: () => undefined, resolve: async () => null,
  async build(spec, locked, context) {
    const file = { type: "file", path: "etc/" + spec, mode: 0o640, uid: 3, gid: 4, mtime: 0, size: spec.length, content: Buffer.from(spec) };
    const directory = { type: "directory", path: "etc", mode: 0o755, uid: 0, gid: 0, mtime: 0 };
    return { layers: [{ layer: await context.layer([directory, file]), createdBy: "notes" }], config: { Env: ["NOTE=" + spec], User: "3:4" } };
  },
};
export const given = image().platforms("linux/amd64", "linux/arm64").from(source(plugin, "base")).add(source(plugin, "over"))
  .env((env) => ({ BOTH: env.NOTE + "!" })).copy("/etc/apart", "/apart", { from: source(plugin, "apart") }).copy("a.txt", "/etc/");
// What is not alike on all platforms.
const tool = image().with((img, { platform }) => img.from(scratch).copy(platform.architecture === "arm64" ? "b.txt" : "a.txt", "/tool"));
export const unlike = image().platforms("linux/amd64", "linux/arm64").from(tool).directory("/both")
  .with((img, { platform }) => platform.architecture === "arm64" ? img.copy("b.txt", "/only/arm").env({ ARM: "1" }) : img)
  .copy("/tool", "/copied", { from: tool }).copy("a.txt", "/");
export const release = group("release", [child, staged]);
`;

/** Names of the images above by what must be known for them: by a frontend of Dockerfiles, by a solver of definitions. */
export const exported = {
  everywhere: [
    "files",
    "owners",
    "merged",
    "staged",
    "base",
    "child",
    "commands",
    "no-command",
    "triggers",
    "extended",
    "removed",
    "unpacked",
    "directories",
    "chained",
  ],
  /** Docker 20 leaves the places of mounts in the image, and sends too little of the context for triggers of a stage; Docker 26 what other instructions name; merges need --link. */
  newer: ["triggered", "mounts", "settings", "texts", "linked", "beside", "contexts", "combined", "layered"],
  /** An OCI layout, which the BuildKit of a docker without containerd's store does not read. */
  besideTheFile: ["given"],
  /** With a stage for each platform, which a choice begins with. */
  unlike: ["unlike"],
  definitions: ["settings", "triggered", "texts", "beside", "contexts"],
  newerDefinitions: ["mounts", "linked", "excluding", "keeping", "combined", "difference", "layered"],
} as const;
