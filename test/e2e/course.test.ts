import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { courseSteps, outputPattern, squeeze } from "../support/course-page.ts";
import { startDockerRegistry, tester } from "../support/docker-registry.ts";
import { freePort } from "../support/free-port.ts";
import { requires } from "../support/requires.ts";

const root = path.resolve(import.meta.dirname, "../..");

describe.skipIf(!requires("root", "overlayfs", "crun", "debian-mirror", "docker-registry"))(
  "the course",
  () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-course-"));
    const bin = path.join(directory, "bin");
    fs.mkdirSync(bin);
    const shim = `#!/bin/sh\nexec '${process.execPath}' '${path.join(root, "dist", "cli.js")}' "$@"\n`;
    fs.writeFileSync(path.join(bin, "tsdock"), shim, { mode: 0o755 });
    const env = {
      ...process.env,
      PATH: `${bin}:${process.env.PATH ?? ""}`,
      TSDOCK_HOME: path.join(directory, "home"),
      DOCKER_CONFIG: path.join(directory, "docker"),
      HOME: directory,
      NO_COLOR: "1",
      PASSWORD: tester.password,
    };
    // Both pages use one store: what the first one built is there for the second.
    afterAll(() => {
      spawnSync("tsdock", ["rm", "-f", "course-web"], { env });
      fs.rmSync(directory, { recursive: true, force: true });
    });

    it.each(["course.md", "cours.md"])(
      "%s prints what it says",
      async (name) => {
        await using registry = await startDockerRegistry({ auth: "htpasswd" });
        const port = await freePort();
        const steps = courseSteps(path.join(root, "docs", name));
        expect(steps.length).toBeGreaterThan(25);
        const here = (text: string): string =>
          text.replaceAll("localhost:5000", registry.host).replaceAll("8080", String(port));
        for (const { command, output } of steps) {
          const { stdout, status } = spawnSync("/bin/sh", ["-c", `exec 2>&1; ${here(command)}`], {
            cwd: path.join(root, "examples", "course"),
            env,
            encoding: "utf8",
          });
          const ending = status === 0 ? "" : `[exit code ${status ?? "none"}]\n`;
          const printed = squeeze(`${stdout}${ending}`);
          expect(printed, `$ ${command}`).toMatch(outputPattern(output.map(here)));
        }
      },
      400_000,
    );

    it("is the same in both languages", () => {
      const [english, french] = ["course.md", "cours.md"].map((name) =>
        courseSteps(path.join(root, "docs", name)),
      );
      expect(english).toEqual(french);
    });
  },
);
