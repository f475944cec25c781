import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { readArchive } from "../../../core/oci/image/archive-reader.ts";
import { copyImages } from "../../../core/oci/image/copy-image.ts";
import { dockerArchive } from "../../../core/oci/image/docker-archive.ts";
import { dockerInspect } from "../../../core/oci/image/docker-inspect.ts";
import { historyCells, historyRows } from "../../../core/oci/image/history.ts";
import { readImage } from "../../../core/oci/image/image-view.ts";
import { LayoutReader } from "../../../core/oci/image/layout-reader.ts";
import { layoutArchive, writeLayout } from "../../../core/oci/image/layout-writer.ts";
import type { ContainerConfig } from "../../../core/oci/spec/image-config.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { startDockerd } from "../../support/dockerd.ts";
import { findProgram, requires } from "../../support/requires.ts";
import { addSampleImage, sampleDirectory, sampleFile } from "../../support/sample-image.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const platform = { os: "linux", architecture: "amd64" };
const layers = [
  [sampleDirectory("etc"), sampleFile("etc/motd", "Bonjour\n")],
  [sampleFile("etc/.wh.motd", ""), sampleFile("etc/issue", "tous\n")],
];
const containerConfig: ContainerConfig = {
  User: "7:8",
  ExposedPorts: { "80/tcp": {} },
  Env: ["PATH=/bin", "LANG=C.UTF-8"],
  Entrypoint: ["/bin/echo"],
  Cmd: ["Bonjour à tous"],
  Volumes: { "/data": {} },
  WorkingDir: "/etc",
  Labels: { b: "2", a: "1" },
  StopSignal: "SIGINT",
  Healthcheck: { Test: ["CMD", "true"], Interval: 1_000_000_000 },
};

async function openWithImage() {
  const tmp = temporaryDirectory();
  const store = await Store.open(path.join(tmp.path, "store"));
  const image = await addSampleImage(store.blobs, layers, containerConfig);
  await store.images.set([{ name: "web:1", descriptor: image.descriptor }]);
  const view = await readImage(store.blobs, image.descriptor, platform);
  const dispose = async (): Promise<void> => {
    await store[Symbol.asyncDispose]();
    await tmp[Symbol.asyncDispose]();
  };
  return { tmp: tmp.path, store, image, view, [Symbol.asyncDispose]: dispose };
}

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(findProgram(program) ?? program, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

describe.skipIf(!requires("skopeo"))("skopeo", () => {
  it("reads a store and copies from it and back", async () => {
    await using opened = await openWithImage();
    const { tmp, store, image } = opened;
    const reference = `oci:${store.directory}:web:1`;
    expect(JSON.parse(run("skopeo", "inspect", "--raw", reference))).toMatchObject({
      config: { digest: image.imageId },
    });
    expect(JSON.parse(run("skopeo", "inspect", "--raw", "--config", reference))).toEqual(image.config);

    // skopeo compresses on its way out: the configuration and what it says of the layers stay.
    const copied = path.join(tmp, "copied");
    run("skopeo", "--insecure-policy", "copy", reference, `oci:${copied}:again`);
    const layout = LayoutReader.open(copied);
    await copyImages([layout.find("again")], layout, store.blobs);
    expect((await readImage(store.blobs, layout.find("again"), platform)).manifest.config.digest).toBe(
      image.imageId,
    );
  });

  it("reads our archives, and we read its", async () => {
    await using opened = await openWithImage();
    const { tmp, store, image, view } = opened;
    const ours = { docker: path.join(tmp, "docker.tar"), oci: path.join(tmp, "oci.tar") };
    await pipeline(
      dockerArchive([{ names: ["web:1"], image: view }], store.blobs),
      fs.createWriteStream(ours.docker),
    );
    await pipeline(
      layoutArchive([{ name: "web:1", descriptor: image.descriptor }], store.blobs),
      fs.createWriteStream(ours.oci),
    );
    for (const reference of [`docker-archive:${ours.docker}:web:1`, `oci-archive:${ours.oci}:web:1`]) {
      expect(JSON.parse(run("skopeo", "inspect", "--raw", "--config", reference)), reference).toEqual(
        image.config,
      );
    }
    // From one to the other skopeo rewrites the configuration: OCI's has no health check.
    for (const [transport, source] of [
      ["docker-archive", ours.docker],
      ["oci-archive", ours.oci],
    ] as const) {
      const file = path.join(tmp, `${transport}.tar`);
      run(
        "skopeo",
        "--insecure-policy",
        "copy",
        `${transport}:${source}:web:1`,
        `${transport}:${file}:web:2`,
      );
      await using other = await Store.open(path.join(tmp, transport));
      const [loaded] = await readArchive(fs.createReadStream(file), other.blobs);
      const descriptor = loaded?.descriptor ?? image.descriptor;
      expect((await readImage(other.blobs, descriptor, platform)).manifest.config.digest).toBe(image.imageId);
    }
  });
});

describe.skipIf(!requires("umoci", "root"))("umoci", () => {
  it("unpacks an image of a layout", async () => {
    await using opened = await openWithImage();
    const { tmp, store, image } = opened;
    const layout = path.join(tmp, "layout");
    await writeLayout(layout, [{ name: "web", descriptor: image.descriptor }], store.blobs);
    run("umoci", "unpack", "--image", `${layout}:web`, path.join(tmp, "bundle"));
    expect(fs.readdirSync(path.join(tmp, "bundle", "rootfs", "etc"))).toEqual(["issue"]);
    expect(fs.readFileSync(path.join(tmp, "bundle", "rootfs", "etc", "issue"), "utf8")).toBe("tous\n");
  });
});

describe.skipIf(!requires("dockerd", "root"))("docker", () => {
  it("loads what we save, shows it as we do, and saves what we load", async () => {
    await using daemon = await startDockerd();
    await using opened = await openWithImage();
    const { tmp, store, image, view } = opened;
    const archive = path.join(tmp, "web.tar");
    const names = ["web:1", "registry.example/team/web:latest"];
    await pipeline(dockerArchive([{ names, image: view }], store.blobs), fs.createWriteStream(archive));
    daemon.docker("load", "--input", archive);

    const [theirs = {}] = JSON.parse(daemon.docker("image", "inspect", "web:1")) as Record<string, unknown>[];
    const { config, imageId } = image;
    const size = Number(theirs?.Size);
    const ours = dockerInspect({
      imageId,
      config,
      repoTags: theirs.RepoTags as string[],
      repoDigests: [],
      size,
    });
    const machine = { GraphDriver: null, Metadata: null };
    expect([...(theirs.RepoTags as string[])].sort()).toEqual([...names].sort());
    // Newer versions of docker leave these out.
    const leftOut = ["Container", "ContainerConfig", "Parent", "VirtualSize"].filter(
      (key) => !(key in theirs),
    );
    const compared = Object.entries(ours as object).filter(([key]) => !leftOut.includes(key));
    expect({ ...Object.fromEntries(compared), ...machine }).toEqual({ ...theirs, ...machine });
    expect(Object.keys(theirs.Config as object)).toEqual(Object.keys((ours as { Config: object }).Config));

    const format = "{{.ID}}|{{.CreatedSince}}|{{.CreatedBy}}|{{.Comment}}";
    const rows = daemon
      .docker("image", "history", "--no-trunc", "--format", format, "web:1")
      .trim()
      .split("\n");
    const cells = historyRows(imageId, config, () => 0).map((row) => historyCells(row, Date.now(), true));
    expect(cells.map((cell) => [cell.image, cell.created, cell.createdBy, cell.comment].join("|"))).toEqual(
      rows,
    );

    const saved = path.join(tmp, "saved.tar");
    daemon.docker("save", "--output", saved, ...names);
    await using other = await Store.open(path.join(tmp, "other"));
    const loaded = await readArchive(fs.createReadStream(saved), other.blobs);
    expect(loaded.flatMap((item) => item.names).sort()).toEqual([...names].sort());
    const descriptor = loaded[0]?.descriptor ?? image.descriptor;
    expect((await readImage(other.blobs, descriptor, platform)).manifest.config.digest).toBe(imageId);
    expect(spawnSync("gzip", [saved]).status).toBe(0);
    expect(await readArchive(fs.createReadStream(`${saved}.gz`), other.blobs)).toEqual(loaded);
  });
});
