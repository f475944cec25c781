import fs from "node:fs";
import { describe, expect, it } from "vitest";
import type { StructureTestsReport } from "../../core/toolkit/structure/report.ts";
import { buildBox } from "../support/box-image.ts";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { requires } from "../support/requires.ts";

/** What became of each test, in a line. */
async function outcomes(
  workspace: CliWorkspace,
  args: readonly string[],
  exitCode: number,
): Promise<readonly string[]> {
  const result = await workspace.run(["test", ...args, "--json"], { OURS: "from outside", EMPTY: "" });
  if (result.stdout === "") throw new Error(result.stderr);
  const report = JSON.parse(result.stdout) as StructureTestsReport;
  expect(result.exitCode, JSON.stringify(report.results)).toBe(exitCode);
  return report.results.map(({ name, pass, errors }) =>
    pass ? `${name}: ok` : `${name}: ${errors.join("; ")}`,
  );
}

const declaration = `
export const tested = box.env({ PATH: "/bin", LEVEL: "7", URL: "http://a.example" }).label({ version: "1.10", team: "core" })
  .file("/data/notes.txt", "one\\ntwo three\\n", { chmod: "640", chown: "ann:staff" })
  .file("/data/set", "", { chmod: "4755" }).directory("/shared", { chmod: "1777" }).directory("/tmp", { chmod: "1777" }).symlink("notes.txt", "/data/link")
  .workdir("/data").user("ann").expose(8080, "53/udp").volume("/shared").entrypoint(["echo", "entry"]).cmd(["x"]);
`;

async function withImage(): Promise<CliWorkspace> {
  const workspace = new InProcessWorkspace();
  await buildBox(workspace);
  fs.appendFileSync(workspace.path("box.image.ts"), declaration);
  return workspace;
}

describe.skipIf(!requires("busybox-static"))("tsdock test", () => {
  it("runs what container-structure-test runs", async () => {
    await using workspace = await withImage();
    workspace.write(
      "all.yaml",
      `schemaVersion: 2.0.0
globalEnvVars:
  - {key: VENV, value: "/venv:$PATH"}
containerRunOptions:
  envVars: [OURS, EMPTY]
commandTests:
  - name: plain
    command: echo
    args: ["$VENV", "\${LEVEL}", "$NOTHING", "100$"]
    expectedOutput: ['^/venv:/bin 7  100\\$\\n$']
    excludedError: ['.+']
  - name: setup leaves files
    setup: [["sh", "-c", "echo made > /tmp/made"], ["sh", "-c", "cat /tmp/made > /tmp/again; false"]]
    teardown: [["sh", "-c", "exit 1"]]
    command: sh
    args: ["-c", "cat /tmp/again; id -un 2>/dev/null || id -u; pwd; echo oops >&2; exit 3"]
    expectedOutput: [made, 'ann|1234', '(?m)^/data$']
    expectedError: ['^oops']
    exitCode: 3
  - name: variables
    envVars: [{key: OWN, value: "mine $LEVEL"}]
    command: env
    expectedOutput: ['(?m)^OWN=mine 7$', '(?m)^OURS=from outside$']
    excludedOutput: ['(?m)^EMPTY=']
fileContentTests:
  - {name: link, path: /data/link, expectedContents: ['two\\s+three'], excludedContents: [four]}
fileExistenceTests:
  - {name: root, path: /, permissions: drwxr-xr-x, uid: 0, gid: 0}
  - {name: file, path: /data/notes.txt, shouldExist: true, permissions: -rw-r-----, uid: 1234, gid: 50}
  - {name: setuid, path: /data/set, permissions: urwxr-xr-x, isExecutableBy: any}
  - {name: sticky, path: /shared, permissions: dtrwxrwxrwx}
  - {name: link, path: /data/link, permissions: Lrwxrwxrwx}
  - {name: none, path: /data/none, shouldExist: false}
metadataTest:
  envVars: [{key: LEVEL, value: 7}, {key: URL, value: '^https?://', isRegex: true}]
  unboundEnvVars: [{key: SECRET}]
  labels: [{key: version, value: 1.10}, {key: team, value: '^c', isRegex: true}]
  exposedPorts: [8080, "53"]
  unexposedPorts: ["443"]
  volumes: [/shared]
  unmountedVolumes: [/data]
  entrypoint: [echo, entry]
  cmd: [x]
  workdir: /data
  user: ann
`,
    );
    expect(await outcomes(workspace, ["tested", "all.yaml", "--build"], 0)).toEqual(
      [
        "plain",
        "setup leaves files",
        "variables",
        "link",
        "root",
        "file",
        "setuid",
        "sticky",
        "link",
        "none",
        "Metadata Test",
      ].map((name) => `${name}: ok`),
    );
    // Nothing is left of the containers.
    expect((await workspace.run(["ps", "-aq"])).stdout).toBe("");
  });

  it("gives commands the terminal, the mounts, the user and the capabilities that a file asks for", async () => {
    await using workspace = await withImage();
    workspace.write("host/given", "from here");
    workspace.write("vars", "FILED=yes\n");
    const file = (run: string): string =>
      `schemaVersion: "2.0.0"
containerRunOptions: ${run}
commandTests:
  - name: terminal
    command: sh
    args: ["-c", "test -t 0 && test -t 1 && echo terminal || echo none"]
    expectedOutput: ['^terminal\\r\\n$']
  - name: mount
    command: sh
    args: ["-c", "cat /given/given /more/given; env; id -u; echo x > /given/written"]
    expectedOutput: ['from herefrom here', 'FILED=yes', '(?m)^0\\r?$']
  - name: the other mount is not written to
    command: sh
    args: ["-c", "echo x > /more/no"]
    exitCode: 1
`;
    const host = workspace.path("host");
    const options = `{user: "0", allocateTty: true, envFile: vars, bindMounts: ["${host}:/given", "${host}:/more:ro"]}`;
    workspace.write("own.yaml", file(options));
    expect(await outcomes(workspace, ["tested", "own.yaml", "--build"], 0)).toEqual([
      "terminal: ok",
      "mount: ok",
      "the other mount is not written to: ok",
    ]);
    expect(fs.readFileSync(`${host}/written`, "utf8")).toBe("x\n");
    workspace.write("own.yaml", file("{}"));
    expect(await outcomes(workspace, ["tested", "own.yaml"], 3)).toEqual([
      "terminal: nothing in standard output matches ^terminal\\r\\n$",
      expect.stringMatching(/^mount: nothing in standard output matches from herefrom here;/),
      "the other mount is not written to: ok",
    ]);
  });

  it("says what does not hold, in text, JSON and JUnit", async () => {
    await using workspace = await withImage();
    expect((await workspace.run(["build"])).exitCode).toBe(0);
    workspace.write(
      "bad.json",
      JSON.stringify({
        schemaVersion: "2.0.0",
        commandTests: [
          { name: "exit", command: "false" },
          { name: "none", command: "no-such-program" },
          { name: "output", command: "echo", args: ["<a>"], expectedOutput: ["b"], excludedOutput: ["a"] },
        ],
        fileContentTests: [
          { name: "content", path: "/data/notes.txt", expectedContents: ["four"], excludedContents: ["one"] },
        ],
        fileExistenceTests: [
          { name: "missing", path: "/none" },
          { name: "there", path: "/data/set", shouldExist: false },
          {
            name: "owner",
            path: "/data/notes.txt",
            uid: 0,
            permissions: "-rw-r--r--",
            isExecutableBy: "group",
          },
        ],
        metadataTest: { user: "root", cmd: [], exposedPorts: [1], labels: [{ key: "none", value: "x" }] },
      }),
    );
    expect(await outcomes(workspace, ["tested", "bad.json"], 3)).toEqual([
      "exit: it ended with 1, not 0",
      expect.stringMatching(/^none: CONTAINER_COMMAND_MISSING: /),
      "output: nothing in standard output matches b; something in standard output matches a",
      "content: /data/notes.txt has nothing that matches four; /data/notes.txt has something that matches one",
      "missing: /none should be there, and is not",
      "there: /data/set should not be there, and is",
      "owner: /data/notes.txt has the permissions -rw-r-----, not -rw-r--r--; /data/notes.txt cannot be executed by group: its permissions are -rw-r-----; /data/notes.txt belongs to the user 1234, not 0",
      'Metadata Test: the label none is not set; the command is ["x"], not []; the user is "ann", not "root"; the port 1 is not exposed',
    ]);
    const text = await workspace.run(["test", "tested", "bad.json", "--junit", "reports/junit.xml"]);
    expect([text.exitCode, text.stderr]).toEqual([3, ""]);
    expect(text.stdout).toMatch(/^FAIL bad\.json: command exit \(\d+ ms\)\n {2}it ended with 1, not 0\n/);
    expect(text.stdout).toMatch(/\n0 passed, 8 failed\n$/);
    const junit = fs.readFileSync(workspace.path("reports/junit.xml"), "utf8");
    expect(junit).toContain('<testsuites tests="8" failures="8"');
    expect(junit).toContain("<system-out>&lt;a&gt;&#10;</system-out>");
  });

  it("refuses files that it cannot run whole, with the places of all mistakes", async () => {
    await using workspace = new InProcessWorkspace();
    workspace.write(
      "a.yaml",
      `schemaVersion: "2.0.0"
commandTests:
  - name: x
    comand: ls
    expectedOutput: ["(?=x)"]
fileExistenceTests:
  - name: y
    path: /y
    uid: root
`,
    );
    workspace.write("b.yaml", 'schemaVersion: "1.0.0"\nlicenseTests:\n  - debian: true\n');
    workspace.write("c.yaml", "schemaVersion: [\n");
    workspace.write("d.yaml", 'schemaVersion: "2.0.0"\n');
    const { exitCode, stderr } = await workspace.run([
      "test",
      "tested",
      "a.yaml",
      "b.yaml",
      "c.yaml",
      "none.yaml",
    ]);
    expect(exitCode).toBe(2);
    const found = [...stderr.matchAll(/error (\S+) (.*)\n(?: {2}at .*\/(\S+))?/g)].map(
      ([, code, message, place]) => `${code} ${place}: ${message}`,
    );
    expect(found).toEqual([
      "TEST_FILE_INVALID a.yaml:3:5: commandTests[0].command must be there",
      "TEST_FILE_INVALID a.yaml:5:22: commandTests[0].expectedOutput[0] is a pattern that cannot be used: (?=x) is not supported: write flags such as (?i) at the beginning",
      "TEST_FILE_INVALID a.yaml:4:5: commandTests[0].comand is not known here",
      "TEST_FILE_INVALID a.yaml:9:10: fileExistenceTests[0].uid must be a whole number",
      "TEST_FILE_UNSUPPORTED b.yaml:1:1: the schema version is 1.0.0, and only 2.0.0 is read",
      "TEST_FILE_UNSUPPORTED b.yaml:2:1: licenseTests need a classifier of licenses, which is not here",
      expect.stringMatching(/^TEST_FILE_INVALID c.yaml:\d+:\d+: the file is not YAML: /),
      expect.stringMatching(/none\.yaml cannot be read: ENOENT/),
    ]);
    const missing = await workspace.run(["test", "tested", "d.yaml"]);
    expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining("IMAGE_NOT_FOUND")]);
  });
});
