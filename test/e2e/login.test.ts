import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliResult, CliWorkspace } from "../support/cli.ts";
import { type DockerRegistry, startDockerRegistry, tester } from "../support/docker-registry.ts";
import { requires } from "../support/requires.ts";
import { startTokenServer } from "../support/token-server.ts";

const cli = path.resolve(import.meta.dirname, "../../dist/cli.cjs");
const image = `import { image, scratch } from "tsdock";
export const web = image().from(scratch).file("/etc/motd", "Bonjour").cmd(["/bin/true"]);
`;

/** A workspace whose docker config is its own. */
function workspace() {
  const one = new CliWorkspace();
  one.write("web.image.ts", image);
  const config = one.path("docker", "config.json");
  const run = (args: readonly string[], input = ""): Promise<CliResult> => {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: one.directory,
      env: {
        ...process.env,
        TSDOCK_HOME: one.home,
        DOCKER_CONFIG: path.dirname(config),
        HOME: one.directory,
        NO_COLOR: "1",
        PATH: `${one.path("bin")}:${process.env.PATH ?? ""}`,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    return new Promise((resolve) =>
      child.on("close", (code) => resolve({ exitCode: code ?? 128, ...output })),
    );
  };
  const readConfig = () => JSON.parse(fs.readFileSync(config, "utf8")) as Record<string, unknown>;
  return { one, config, run, readConfig, [Symbol.asyncDispose]: () => one[Symbol.asyncDispose]() };
}

const auth = Buffer.from(`${tester.username}:${tester.password}`).toString("base64");

describe.skipIf(!requires("docker-registry"))("login", () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ auth: "htpasswd" });
  });
  afterAll(() => registry[Symbol.asyncDispose]());
  const byInput = (...more: readonly string[]) => [
    "login",
    registry.host,
    "-u",
    tester.username,
    "--password-stdin",
    ...more,
  ];

  it("lets nobody push before, and those who logged in until they log out", async () => {
    await using here = workspace();
    const name = `${registry.host}/acme/web`;
    expect((await here.run(["build", "--tag", name])).exitCode).toBe(0);
    const denied = await here.run(["push", name]);
    expect(denied.exitCode).toBe(1);
    expect(denied.stderr).toMatch(
      /^Using default tag: latest\nThe push refers to repository \[.*\/acme\/web\]\n[0-9a-f]{12}: Preparing\nerror REGISTRY_UNAUTHORIZED denied: requested access to the resource is denied\n/,
    );
    expect(denied.stderr).toContain("the registry says: UNAUTHORIZED");
    expect(denied.stderr).toContain(`tsdock login ${registry.host}`);

    const entered = await here.run(byInput(), `${tester.password}\n`);
    expect(entered).toMatchObject({ exitCode: 0, stdout: "Login Succeeded\n" });
    expect(entered.stderr).toContain(`stored unencrypted in ${here.config}`);
    expect(fs.statSync(here.config).mode & 0o777).toBe(0o600);
    const pushed = await here.run(["push", name]);
    expect(pushed.stderr).not.toContain("error");
    expect(pushed.stderr).toMatch(/\n[0-9a-f]{12}: Preparing\n[0-9a-f]{12}: Pushed\n$/);
    expect(pushed.stdout).toMatch(/^latest: digest: sha256:[0-9a-f]{64} size: \d+\n$/);
    expect((await here.run(["push", name])).stderr).toMatch(/\n[0-9a-f]{12}: Layer already exists\n$/);
    expect((await here.run(["login", registry.host])).stderr).toContain("existing credentials");

    expect((await here.run(["logout", registry.host])).stdout).toBe(
      `Removing login credentials for ${registry.host}\n`,
    );
    expect((await here.run(["logout", registry.host])).stdout).toBe(`Not logged in to ${registry.host}\n`);
    expect((await here.run(["push", name])).exitCode).toBe(1);
  });

  it("keeps nothing that the registry does not take", async () => {
    await using here = workspace();
    const refused = await here.run(byInput(), "not the password");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("REGISTRY_UNAUTHORIZED");
    expect(refused.stderr).not.toContain("not the password");
    expect(fs.existsSync(here.config)).toBe(false);
  });

  it("leaves everything else of the config, and the link that leads to it", async () => {
    await using here = workspace();
    const other = {
      auths: { "ghcr.example": { auth: "eDp5" } },
      psFormat: "{{.ID}}",
      HttpHeaders: { a: "b" },
    };
    here.one.write("real.json", JSON.stringify(other));
    fs.mkdirSync(path.dirname(here.config));
    fs.symlinkSync("../real.json", here.config);
    expect((await here.run(byInput(), tester.password)).exitCode).toBe(0);
    expect(here.readConfig()).toEqual({ ...other, auths: { ...other.auths, [registry.host]: { auth } } });
    expect(fs.lstatSync(here.config).isSymbolicLink()).toBe(true);
    expect((await here.run(["logout", `https://${registry.host}/v2/`])).exitCode).toBe(0);
    expect(here.readConfig()).toEqual(other);
    expect(fs.readdirSync(path.dirname(here.config))).toEqual(["config.json"]);
  });

  it("gives the password to a helper where the config names one", async () => {
    await using here = workspace();
    here.one.write("docker/config.json", JSON.stringify({ credHelpers: { [registry.host]: "kept" } }));
    here.one.write(
      "bin/docker-credential-kept",
      `#!/bin/sh\nfile="${here.one.path("kept")}"\ncase $1 in store) cat > "$file";; erase) rm -f "$file";; get) cat "$file" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; };; esac\n`,
    );
    fs.chmodSync(here.one.path("bin", "docker-credential-kept"), 0o755);
    const entered = await here.run(byInput(), tester.password);
    expect(entered.stderr).not.toContain("WARNING");
    expect(JSON.parse(fs.readFileSync(here.one.path("kept"), "utf8"))).toEqual({
      ServerURL: registry.host,
      Username: tester.username,
      Secret: tester.password,
    });
    expect(fs.readFileSync(here.config, "utf8")).not.toContain(auth);
    expect((await here.run(["login", registry.host])).stdout).toBe("Login Succeeded\n");
    expect((await here.run(["logout", registry.host])).exitCode).toBe(0);
    expect(fs.existsSync(here.one.path("kept"))).toBe(false);
  });

  it("asks at a terminal and does not show the password", async () => {
    await using here = workspace();
    const command = `${process.execPath} ${cli} login ${registry.host}`;
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      env: {
        ...process.env,
        TSDOCK_HOME: here.one.home,
        DOCKER_CONFIG: path.dirname(here.config),
        HOME: here.one.directory,
      },
    });
    let screen = "";
    const seen = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no ${text} in ${screen}`)), 20_000);
        const look = (): void => {
          if (!screen.includes(text)) return;
          clearTimeout(late);
          resolve();
        };
        child.stdout.on("data", look);
        look();
      });
    child.stdout.on("data", (chunk: Buffer) => (screen += chunk.toString()));
    await seen("Username: ");
    child.stdin.write(`${tester.username}x\x7f\r`);
    await seen("Password: ");
    child.stdin.write(`${tester.password}\r`);
    await seen("Login Succeeded");
    await new Promise((resolve) => child.on("close", resolve));
    expect(screen).toContain(tester.username);
    expect(screen).not.toContain(tester.password);
    expect(here.readConfig()).toEqual({ auths: { [registry.host]: { auth } } });
  });

  it("says what is wrong on the command line", async () => {
    await using here = workspace();
    for (const [args, code, said] of [
      [["login", registry.host], 2, "non TTY"],
      [["login", registry.host, "--password-stdin"], 2, "needs --username"],
      [["login", "not a host", "-u", "x", "-p", "y"], 2, "is not a registry"],
      [["login", "127.0.0.1:1", "-u", "x", "-p", "y"], 1, "REGISTRY_UNREACHABLE"],
    ] as const) {
      const result = await here.run(args);
      expect([result.exitCode, result.stderr]).toEqual([code, expect.stringContaining(said)]);
    }
  });
});

describe.skipIf(!requires("docker-registry"))("login by a token service", () => {
  it("proves the password where tokens come from", async () => {
    await using service = await startTokenServer();
    await using registry = await startDockerRegistry({ auth: service });
    await using here = workspace();
    const args = ["login", registry.host, "-u", tester.username, "--password-stdin"];
    expect((await here.run(args, "wrong")).exitCode).toBe(1);
    expect(fs.existsSync(here.config)).toBe(false);
    expect((await here.run(args, tester.password)).stdout).toBe("Login Succeeded\n");
    expect(here.readConfig()).toEqual({ auths: { [registry.host]: { auth } } });
  });

  it("says so where a registry asks nobody", async () => {
    await using registry = await startDockerRegistry();
    await using here = workspace();
    const entered = await here.run(["login", registry.host, "-u", "anybody", "-p", "anything"]);
    expect(entered.stdout).toBe("Login Succeeded\n");
    expect(entered.stderr).toContain("could not be verified");
  });
});
