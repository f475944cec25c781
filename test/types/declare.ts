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
