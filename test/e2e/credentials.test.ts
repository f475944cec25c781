import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSignedCertificate } from "../support/certificate.ts";
import type { CliResult, CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { type DockerRegistry, startDockerRegistry, tester } from "../support/docker-registry.ts";
import { requires } from "../support/requires.ts";

const image = `import { image, scratch } from "tsdock";
export const web = image().from(scratch).file("/etc/motd", "Bonjour").cmd(["/bin/true"]);
`;
const pair = `${tester.username}:${tester.password}`;
const auth = Buffer.from(pair).toString("base64");
const secrets = [tester.password, auth, encodeURIComponent(tester.password)];

/** A registry with TLS and passwords, which only the workspace's configuration says how to reach. */
describe.skipIf(!requires("docker-registry"))("credentials of every source", () => {
  const certificate = selfSignedCertificate();
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ auth: "htpasswd", tls: certificate });
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  function workspace(): CliWorkspace {
    const one = new InProcessWorkspace();
    one.write("web.image.ts", image);
    one.write("ca.pem", certificate.certificate);
    const registries = { [registry.host]: { ca: "ca.pem" } };
    one.write("tsdock.config.json", JSON.stringify({ tags: [], registries }));
    const helper = `#!/bin/sh\n[ "$1" = get ] && echo '${JSON.stringify({ Username: tester.username, Secret: tester.password })}'\n`;
    one.write("bin/docker-credential-tests", helper);
    fs.chmodSync(one.path("bin/docker-credential-tests"), 0o755);
    return one;
  }

  type Source = (one: CliWorkspace) => Readonly<Record<string, string>>;
  const file =
    (name: string, content: () => object, env: Source): Source =>
    (one) => {
      one.write(name, JSON.stringify(content()));
      return env(one);
    };
  const auths = () => ({ auths: { [registry.host]: { auth } } });
  const sources: Readonly<Record<string, Source>> = {
    "TSDOCK_AUTH_<HOST>": () => ({
      [`TSDOCK_AUTH_${registry.host.replace(/[^A-Za-z0-9]/g, "_")}`]: pair,
    }),
    "docker's config": file("docker/config.json", auths, (one) => ({ DOCKER_CONFIG: one.path("docker") })),
    "docker's config at home": file(".docker/config.json", auths, () => ({})),
    credHelpers: file(
      "docker/config.json",
      () => ({ credHelpers: { [registry.host]: "tests" } }),
      (one) => ({ DOCKER_CONFIG: one.path("docker") }),
    ),
    credsStore: file(
      "docker/config.json",
      () => ({ credsStore: "tests" }),
      (one) => ({ DOCKER_CONFIG: one.path("docker") }),
    ),
    REGISTRY_AUTH_FILE: file("elsewhere.json", auths, (one) => ({
      REGISTRY_AUTH_FILE: one.path("elsewhere.json"),
    })),
    "$XDG_RUNTIME_DIR/containers/auth.json": file("run/containers/auth.json", auths, (one) => ({
      XDG_RUNTIME_DIR: one.path("run"),
    })),
    "podman's file for a part of a registry": file(
      ".config/containers/auth.json",
      () => ({ auths: { [`${registry.host}/acme`]: { auth }, [registry.host]: { auth: "eDp5" } } }),
      () => ({}),
    ),
  };

  /** Nothing that is printed or written has a secret. */
  function expectNoSecret(one: CliWorkspace, results: readonly CliResult[]): void {
    const printed = results.map(({ stdout, stderr }) => stdout + stderr);
    const written = ["tsdock-release.json", "journal.json"].map((name) =>
      fs.readFileSync(one.path(name), "utf8"),
    );
    const kept = fs
      .readdirSync(one.home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("blobs"))
      .map((entry) => fs.readFileSync(`${entry.parentPath}/${entry.name}`, "latin1"));
    for (const text of [...printed, ...written, ...kept])
      for (const secret of secrets) expect(text).not.toContain(secret);
  }

  it.each(Object.keys(sources))("are used and never shown: %s", { timeout: 180_000 }, async (title) => {
    await using one = workspace();
    const env = {
      HOME: one.directory,
      XDG_RUNTIME_DIR: "",
      XDG_CONFIG_HOME: "",
      DOCKER_CONFIG: "",
      REGISTRY_AUTH_FILE: "",
      PATH: `${one.path("bin")}:${process.env["PATH"] ?? ""}`,
      ...sources[title]?.(one),
    };
    const loud = ["--debug", "--progress", "json"];
    // A place of its own: where all is published there is nothing to write down.
    const destination = `${registry.host}/acme/${Object.keys(sources).indexOf(title)}`;
    const to = ["--registry", destination, "--tag", "1", "--journal", "journal.json"];
    const published = await one.run(["publish", ...to, "--json", ...loud], env);
    expect(published.stderr).toContain("basic access, from");
    expect(published.exitCode).toBe(0);
    const pulled = await one.run(["image", "pull", `${destination}/web:1`, "--debug"], env);
    expect(pulled).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("Digest: sha256:") as string,
    });
    const denied = await one.run(["publish", ...to, ...loud], { ...env, ...refused(one, title) });
    expectNoSecret(one, [published, pulled, denied]);
  });

  /** The same source with a password that the registry does not take. */
  function refused(one: CliWorkspace, title: string): Readonly<Record<string, string>> {
    const wrong = Buffer.from(`${tester.username}:${tester.password}?`).toString("base64");
    one.write("wrong/config.json", JSON.stringify({ auths: { [registry.host]: { auth: wrong } } }));
    return title.startsWith("TSDOCK_AUTH")
      ? { [`TSDOCK_AUTH_${registry.host.replace(/[^A-Za-z0-9]/g, "_")}`]: `${pair}?` }
      : { DOCKER_CONFIG: one.path("wrong") };
  }

  it("reach a registry by what the configuration says of it: login, push, pull, also by its mirror", async () => {
    await using one = workspace();
    const env = { HOME: one.directory, DOCKER_CONFIG: one.path("docker"), XDG_RUNTIME_DIR: "" };
    const login = ["login", registry.host, "-u", tester.username, "-p", tester.password, "--debug"];
    const loggedIn = await one.run(login, env);
    expect(loggedIn).toMatchObject({ exitCode: 0 });
    const built = await one.run(["build", "-t", `${registry.host}/acme/own:1`], env);
    expect(built).toMatchObject({ exitCode: 0 });
    const pushed = await one.run(["image", "push", `${registry.host}/acme/own:1`, "--debug"], env);
    expect(pushed).toMatchObject({ exitCode: 0 });
    const registries = {
      [registry.host]: { ca: "ca.pem" },
      "registry.example": { mirror: registry.host },
    };
    one.write("tsdock.config.json", JSON.stringify({ registries }));
    const pulled = await one.run(["image", "pull", "registry.example/acme/own:1", "--debug"], env);
    expect(pulled).toMatchObject({ exitCode: 0 });
    for (const { stdout, stderr } of [loggedIn, built, pushed, pulled])
      for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  });

  it("say what is wrong with the configuration of a registry, as an error of it", async () => {
    await using one = workspace();
    one.write(
      "tsdock.config.json",
      JSON.stringify({ registries: { [registry.host]: { ca: "absent.pem" } } }),
    );
    const pulled = await one.run(["image", "pull", `${registry.host}/acme/own:1`]);
    expect(pulled.exitCode).toBe(2);
    expect(pulled.stderr).toContain("absent.pem");
    expect(pulled.stderr).not.toMatch(/SuppressedError|\n\s+at .*\.(js|ts):\d+:\d+\)/);
  });

  it("are sent without TLS to no host but this machine, unless the configuration allows it", async () => {
    await using one = new InProcessWorkspace();
    const pulled = await one.run(["image", "pull", "registry.example:1/acme/own:1", "--debug"], {
      [`TSDOCK_AUTH_registry_example_1`]: pair,
      HTTPS_PROXY: "http://127.0.0.1:1",
      HTTP_PROXY: "http://127.0.0.1:2",
    });
    // By HTTPS, so by its proxy.
    expect(pulled.stderr).toContain("through the proxy 127.0.0.1:1");
    expect(pulled.exitCode).toBe(1);
    for (const secret of secrets) expect(pulled.stdout + pulled.stderr).not.toContain(secret);
  });
});
