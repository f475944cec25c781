import { afterEach, describe, expect, it } from "vitest";
import type { Image } from "../../../core/declare/image.ts";
import { setParams } from "../../../core/declare/param.ts";
import { diff, group, image, merge, mount, param } from "../../../core/index.ts";
import { compileExports, thisFile } from "./support.ts";

/** Methods as code sees them whose types nobody checks: a build does not. */
type Method = (...args: unknown[]) => unknown;
type Loose = Readonly<Record<string, Method>>;
const base = (): Loose => loose().from("x");
const loose = image as never as (...args: unknown[]) => Loose & { from(...args: unknown[]): Loose };
const mounts = mount as never as Loose;
const checksum = `sha256:${"0".repeat(64)}`;
const run = (one: unknown): unknown => base().run?.("x", { mounts: [one] });

/** What was meant otherwise, and words of the message and of the hint. */
const misuses: readonly (readonly [message: string, hint: string, declare: () => unknown])[] = [
  ['image has no option "contxt"', "context", () => loose({ contxt: ".." }).from("x")],
  ["image takes its options", "context", () => loose("a", "..").from("x")],
  ["image takes its options", "context", () => loose(null).from("x")],
  ["the context must be text", "", () => loose({ context: 5 }).from("x").copy?.("a", "/")],
  ['from has no option "plattform"', "platform", () => loose().from("x", { plattform: "linux/arm64" })],
  ["from takes its options", "platform", () => loose().from("x", "linux/arm64")],
  ["from takes its options", "platform", () => loose().from("x", null)],
  ["null is none", "an image", () => loose().from(null)],
  ["a function is none", "an image", () => loose().from(() => base())],
  ["copy takes its options", "exclude", () => base().copy?.("a", "b", "/app/")],
  ["copy takes its options", "exclude", () => base().copy?.("a", "/", null)],
  ["exclude of copy is a list", "[", () => base().copy?.("a", "/", { exclude: "*.md" })],
  ["parents of copy is true or false", "true", () => base().copy?.("a", "/", { parents: "yes" })],
  ["link of copy is true or false", "true", () => base().copy?.("a", "/", { link: "no" })],
  [
    '{ url }) has no option "chmod"',
    "checksum",
    () => base().add?.({ url: "https://example.com/a", checksum, chmod: "755" }, "/a"),
  ],
  [
    '{ git }) has no option "branch"',
    "ref",
    () => base().add?.({ git: "https://example.com/a", branch: "a" }, "/a"),
  ],
  [
    '{ archive }) has no option "git"',
    "from",
    () => base().add?.({ git: "https://example.com/a", ref: "a", archive: "a.tar" }, "/a"),
  ],
  ["add names no destination", "/path", () => base().add?.({ archive: "a.tar" })],
  ['add of a file tree has no option "chown"', "leave", () => base().add?.("y", undefined, { chown: "1" })],
  ["file takes its options", "chmod", () => base().file?.("/a", "b", "755")],
  ['symlink has no option "chmod"', "chown", () => base().symlink?.("a", "/b", { chmod: "755" })],
  ["a path to remove must be text", "one after the other", () => base().remove?.(["/a", "/b"])],
  ["remove names nothing", "at least one", () => base().remove?.()],
  ["expose names nothing", "at least one", () => base().expose?.()],
  ["volume names nothing", "at least one", () => base().volume?.()],
  ["onBuild names nothing", "at least one", () => base().onBuild?.()],
  ["run takes its options", '["npm", "ci"]', () => base().run?.("npm", "ci")],
  ["mounts of run is a list", "[", () => base().run?.("x", { mounts: mount.cache("/a") })],
  ["mounts are made by", "", () => run(undefined)],
  ["mounts are made by", "", () => run({ type: "toString" })],
  [
    'mount.cache has no option "shareing"',
    "sharing",
    () => run(mounts.cache?.("/a", { shareing: "locked" })),
  ],
  ["mount.cache takes its options", "sharing", () => run(mounts.cache?.("/a", "npm"))],
  ["readonly of mount.cache is true or false", "true", () => run(mounts.cache?.("/a", { readonly: "yes" }))],
  ["undefined is none", "export", () => run(mounts.cache?.("/a", { from: undefined }))],
  ['mount.secret has no option "requird"', "required", () => run(mounts.secret?.("a", { requird: false }))],
  ["required of mount.secret is true or false", "true", () => run(mounts.secret?.("a", { required: "no" }))],
  ["a secret's env must be text", "", () => run(mounts.secret?.("a", { env: 5 }))],
  ["mount.ssh takes its options", "id", () => run(mounts.ssh?.("default"))],
  ['mount.bind has no option "readonly"', "writable", () => run(mounts.bind?.("/a", { readonly: false }))],
  ['mount.tmpfs has no option "sizee"', "size", () => run(mounts.tmpfs?.("/a", { sizee: 1 }))],
  ['mount.file has no option "chmod"', "mode", () => run(mounts.file?.("/a", "b", { chmod: "755" }))],
  ["the value of A must be text or a number, and NaN", "", () => base().env?.({ A: Number.NaN })],
  ["a word of shell must be text", "one after the other", () => base().shell?.(["/bin/bash", "-c"])],
  ["cmd takes one command", 'cmd(["nginx","-g"])', () => base().cmd?.("nginx", "-g")],
  ["entrypoint takes one command", 'entrypoint(["a","b"])', () => base().entrypoint?.("a", "b")],
  ["with takes a function and nothing else", "helper(img", () => base().with?.((img: Image) => img, {})],
  ["healthcheck takes its options", "test", () => base().healthcheck?.(null)],
  ["annotation has no option", "level", () => base().annotation?.({ a: "b" }, { lvl: "index" })],
  ["annotation takes its options", "level", () => base().annotation?.({ a: "b" }, null)],
  [
    "merge takes two file trees or more, and here are 1",
    "",
    () => loose().from((merge as Method)("y") ?? ""),
  ],
  [
    "diff takes two file trees, and here are 3",
    "",
    () => loose().from((diff as Method)("x", "y", "z") ?? ""),
  ],
  ['group has no option "tag"', "tags", () => (group as Method)("g", [], { tag: ["x"] })],
  ["group takes its options", "tags", () => (group as Method)("g", [], null)],
  ["a group takes a list of images", "group(", () => (group as Method)("g")],
];

afterEach(() => setParams({}));

describe("what types would have refused, in code whose types nobody checked,", () => {
  it.each(misuses)("is refused with its place: %s", (message, hint, declare) => {
    const { errors } = compileExports({ app: declare() });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toContain(message);
    expect(errors[0]?.hint ?? "").toContain(hint);
    expect(errors[0]?.place?.file).toBe(thisFile(import.meta.url));
  });

  it.each([
    ["a=b", 1],
    ["", 1],
    [5, 1],
    ["port", undefined],
    ["port", {}],
    ["port", Number.NaN],
  ])("is refused of a param: %j, %j", (name, fallback) => {
    (param as Method)(name, fallback);
    const { errors } = compileExports({});
    expect(errors).toMatchObject([
      { code: "PARAM_INVALID", place: { file: thisFile(import.meta.url) }, hint: expect.any(String) },
    ]);
  });
});
