import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atTerminal } from "../support/at-terminal.ts";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace } from "../support/cli.ts";
import { mustRun, removeAll } from "../support/container-home.ts";
import { requires } from "../support/requires.ts";

/** Tells that its size changed or that it was interrupted, its size where it is asked, and what was typed; ends with 3. */
const script =
  'trap "echo WINCH" WINCH; trap "echo INT" INT; tty >/dev/null || exit 9; echo ready; ' +
  'while ! read -r line || [ "$line" != end ]; do if [ "$line" = size ]; then stty size; else echo "<$line>"; fi; done; exit 3';

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))("a container's terminal", () => {
  let workspace: CliWorkspace;
  beforeAll(async () => {
    workspace = new CliWorkspace();
    await buildBox(workspace);
  });
  afterAll(async () => {
    await removeAll(workspace);
    await workspace[Symbol.asyncDispose]();
  });

  async function behavesAsOne(args: readonly string[]): Promise<void> {
    using session = await atTerminal(workspace, [...args, "sh", "-c", script]);
    await session.sees("ready");
    session.resize(101, 33);
    await session.sees("WINCH");
    await session.typesUntil("size\r", /\b33 101\b/);
    session.resize(77, 20);
    await session.typesUntil("size\r", /\b20 77\b/);
    session.type("hello\r");
    await session.sees("<hello>");
    session.type("\u0003");
    await session.sees("INT");
    session.type("end\r");
    expect(await session.exitCode).toBe(3);
  }

  it("has the size of ours from then on, what is typed, Ctrl-C and the exit code", async () => {
    await behavesAsOne(["run", "--rm", "-it", "--network", "none", "box"]);
  });

  it("is that of a command which joins it, too", async () => {
    await mustRun(workspace, "run", "-d", "--name", "host", "--network", "none", "box", "sleep", "300");
    await behavesAsOne(["exec", "-it", "host"]);
  });

  it("is refused where nobody is at one", async () => {
    const { exitCode, stderr } = await workspace.run([
      "run",
      "--rm",
      "-it",
      "--network",
      "none",
      "box",
      "true",
    ]);
    expect([exitCode, stderr]).toEqual([125, expect.stringContaining("the input device is not a terminal")]);
  });
});
