/** What compiles, and what must not: checked by `tsc`, never run. */
import { diff, group, type Image, type ImageBuilder, image, merge, mount, param, scratch } from "tsdock";

const base: Image = image().from("busybox");
const builder: ImageBuilder = image("acme/web", { context: ".." }).platforms("linux/amd64", "linux/arm/v7");

export const sound = [
  builder.from(base, { platform: "linux/arm64" }),
  image({ context: new URL("file:///src") }).from(scratch),
  base.copy(["a", "b"], "/app/", {
    from: base,
    chmod: "0755",
    chown: "node:node",
    exclude: ["*.md"],
    parents: true,
    link: true,
  }),
  base.add({ url: "https://example.com/a", checksum: "sha256:00" }, "/a"),
  base.add({ git: "https://example.com/a.git", ref: "main", subdirectory: "docs" }, "/a"),
  base.add({ archive: "/a.tar", from: base }, "/a"),
  base.run("make", {
    mounts: [mount.cache("/c", { sharing: "locked" }), mount.tmpfs("/t", { size: "64m" })],
    network: "none",
  }),
  base
    .run(["make", "all"])
    .env({ A: 1, B: "2" })
    .env((env) => ({ PATH: `/app:${env.PATH}` })),
  base.expose(80, "53/udp", "8000-8010/tcp").volume("/data").entrypoint(null).cmd("start"),
  base
    .healthcheck({ test: "true", interval: "1m30s", timeout: "500ms", startPeriod: "1h30m" })
    .healthcheck("none"),
  base.stopSignal("SIGRTMIN+3").stopSignal(9).shell("/bin/bash", "-c").onBuild("RUN make", "COPY . /app"),
  base.annotation({ a: "b" }, { level: "index" }).label({ a: "1" }),
  base.with((img, { platform }) => img.run(platform.architecture)).with((img) => img),
  image()
    .with((begun) => begun.from("x"))
    .run("x"),
  image()
    .from(merge(base, "busybox"))
    .copy("/", "/", { from: diff(base, base) }),
];
export const port: number = param("port", 80);
export const host: string = param("host", "::");
export const debug: boolean = param("debug", false);
export const all = group("all", [base]);

const begun = image().with((one) => one);
/** A builder offers from, platforms and with; an image what comes after. */
export type BuilderMethods = Exclude<keyof ImageBuilder, symbol>;
export const builderMethods: Record<BuilderMethods, true> = { from: true, platforms: true, with: true };
export const stillBuilder: ImageBuilder = begun;
// @ts-expect-error an image has one base
export type SecondBase = Image["from"];
// @ts-expect-error platforms come before from
export type LatePlatforms = Image["platforms"];
// @ts-expect-error a helper that gives a builder gives no image
export const noImage: Image = begun;
// @ts-expect-error no platform at all
image().platforms();
// @ts-expect-error a platform that does not exist
image().platforms("linux/amd46");
// @ts-expect-error a platform without architecture
image().from("x", { platform: "linux" });
// @ts-expect-error scratch has no files to copy
base.copy("/", "/", { from: scratch });
// @ts-expect-error a builder has no files
image().from(image());
// @ts-expect-error an option that does not exist
base.copy("a", "/", { form: base });
// @ts-expect-error nothing to copy
base.copy([], "/");
// @ts-expect-error a mode as a number
base.copy("a", "/", { chmod: 755 });
// @ts-expect-error a mode that is not octal
base.copy("a", "/", { chmod: "799" });
// @ts-expect-error a URL without checksum
base.add({ url: "https://example.com/a" }, "/a");
// @ts-expect-error another checksum
base.add({ url: "https://example.com/a", checksum: "md5:00" }, "/a");
// @ts-expect-error a URL and an archive
base.add({ url: "https://example.com/a", checksum: "sha256:00", archive: "a.tar" }, "/a");
// @ts-expect-error a repository without ref
base.add({ git: "https://example.com/a.git" }, "/a");
// @ts-expect-error an empty command
base.run([]);
// @ts-expect-error an unknown network
base.run("x", { network: "bridge" });
// @ts-expect-error a mount as text
base.run("x", { mounts: ["/cache"] });
// @ts-expect-error an unknown way of sharing
mount.cache("/c", { sharing: "none" });
// @ts-expect-error a size without a unit that is known
mount.tmpfs("/t", { size: "64mb" });
// @ts-expect-error a protocol that does not exist
base.expose("80/http");
// @ts-expect-error no port at all
base.expose();
// @ts-expect-error a duration without a unit
base.healthcheck({ test: "true", interval: "30" });
// @ts-expect-error a healthcheck without a test
base.healthcheck({ interval: "30s" });
// @ts-expect-error a signal that does not exist
base.stopSignal("SIGFOO");
// @ts-expect-error an instruction that cannot be a trigger
base.onBuild("FROM x");
// @ts-expect-error a level that does not exist
base.annotation({ a: "b" }, { level: "layer" });
// @ts-expect-error a variable that is no text
base.env({ A: null });
// @ts-expect-error nothing to remove
base.remove();
// @ts-expect-error a helper that promises
base.with((img) => Promise.resolve(img));
// @ts-expect-error one tree is no merge
merge(base);
// @ts-expect-error a param that is no plain value
param("a", {});
// @ts-expect-error a builder in a group
group("all", [image()]);
// @ts-expect-error an option of image that does not exist
image({ contxt: ".." });
// @ts-expect-error a context that is a number
image({ context: 5 });
// @ts-expect-error an option of from that does not exist
image().from("x", { plattform: "linux/arm64" });
// @ts-expect-error a list of platforms
image().platforms(["linux/amd64"]);
// @ts-expect-error patterns as text
base.copy("a", "/", { exclude: "*.md" });
// @ts-expect-error a flag as text
base.copy("a", "/", { parents: "yes" });
// @ts-expect-error an owner as a number
base.copy("a", "/", { chown: 1000 });
// @ts-expect-error no destination
base.copy("a");
// @ts-expect-error a URL that is none
base.add({ url: "example.com/a", checksum: "sha256:00" }, "/a");
// @ts-expect-error an archive without destination
base.add({ archive: "a.tar" });
// @ts-expect-error options of files where whole layers are added
base.add("busybox", undefined, { chown: "1" });
// @ts-expect-error contents that are a number
base.file("/a", 5);
// @ts-expect-error contents that are missing
base.file("/a");
// @ts-expect-error a link has no mode
base.symlink("a", "/b", { chmod: "755" });
// @ts-expect-error an option that directory has under another name
base.directory("/a", { mode: "755" });
// @ts-expect-error paths as a list
base.remove(["/a"]);
// @ts-expect-error words of a command one by one
base.run("npm", "ci");
// @ts-expect-error a mount that is not in a list
base.run("x", { mounts: mount.cache("/a") });
// @ts-expect-error a user as a number
base.run("x", { user: 1000 });
// @ts-expect-error variables as a list
base.run("x", { env: ["A=1"] });
// @ts-expect-error a directory as a number
base.run("x", { workdir: 1 });
// @ts-expect-error a misspelt option of a cache
mount.cache("/c", { shareing: "locked" });
// @ts-expect-error a mode as a number
mount.cache("/c", { mode: 755 });
// @ts-expect-error the name of a cache without an object
mount.cache("/c", "npm");
// @ts-expect-error a flag as text
mount.secret("s", { required: "no" });
// @ts-expect-error an owner as text
mount.secret("s", { uid: "0" });
// @ts-expect-error an agent's id without an object
mount.ssh("default");
// @ts-expect-error an option that bind has under another name
mount.bind("/a", { readonly: false });
// @ts-expect-error scratch has no files to bind
mount.bind("/a", { from: scratch });
// @ts-expect-error a file without contents
mount.file("/a");
// @ts-expect-error a variable as two arguments
base.env("A", "1");
// @ts-expect-error an extension that gives text
base.env(() => "A=1");
// @ts-expect-error a directory that is missing
base.workdir();
// @ts-expect-error a user as a number
base.user(1000);
// @ts-expect-error a shell as a list
base.shell(["/bin/bash", "-c"]);
// @ts-expect-error a label as two arguments
base.label("a", "b");
// @ts-expect-error ports as a list
base.expose([80]);
// @ts-expect-error volumes as a list
base.volume(["/data"]);
// @ts-expect-error words of a command one by one
base.entrypoint("a", "b");
// @ts-expect-error words of a command one by one
base.cmd("nginx", "-g");
// @ts-expect-error an empty command
base.cmd([]);
// @ts-expect-error retries as text
base.healthcheck({ test: "true", retries: "3" });
// @ts-expect-error an option that no healthcheck has
base.healthcheck({ test: "true", every: "5s" });
// @ts-expect-error a healthcheck that is text
base.healthcheck("true");
// @ts-expect-error triggers as a list
base.onBuild(["RUN x"]);
// @ts-expect-error an annotation as two arguments
base.annotation("a", "b");
// @ts-expect-error an annotation that is a number
base.annotation({ a: 1 });
// @ts-expect-error what else a helper needs
base.with((img) => img, { port: 80 });
// @ts-expect-error trees as a list
merge([base, "busybox"]);
// @ts-expect-error three trees
diff(base, base, base);
// @ts-expect-error an option that no group has
group("all", [base], { tag: ["edge"] });
// @ts-expect-error a param without a default
param("a");
