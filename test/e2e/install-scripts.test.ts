import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { integrityOf, npmArchive, privateRegistry } from "../support/npm-archive.ts";
import { runPackageManager } from "../support/package-managers.ts";
import { requires } from "../support/requires.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const token = "t0ken-that-no-script-may-see";

/** A package whose script writes what it sees: variables, network interfaces, files that could hold credentials. */
const probe = npmArchive({
  "package.json": JSON.stringify({
    name: "@private/probe",
    version: "1.0.0",
    main: "seen.json",
    scripts: { preinstall: "echo '[]' > before.json", postinstall: "node post.js" },
  }),
  "post.js": `const fs = require("node:fs"); const os = require("node:os");
if (!fs.existsSync("before.json")) throw new Error("out of order");
const text = JSON.stringify({
  variables: Object.entries(process.env),
  interfaces: Object.keys(os.networkInterfaces()).filter((name) => name !== "lo"),
  npmrc: ["/app/.npmrc", "/root/.npmrc", "/tmp/.npmrc"].filter((file) => fs.existsSync(file)),
  lifecycle: process.env.npm_lifecycle_event,
});
fs.writeFileSync("seen.json", text);
`,
});

interface Seen {
  readonly variables: readonly (readonly [string, string])[];
  readonly interfaces: readonly string[];
  readonly npmrc: readonly string[];
  readonly lifecycle: string;
}

const imageModule = (options: string): string => `import { image } from "tsdock";
import { debian } from "tsdock/plugins/debian";
import { nodeApp } from "tsdock/plugins/node";
export const app = image().with(nodeApp({ package: ".", entry: "index.js", ${options} }));
`;

describe.skipIf(!requires("root", "overlayfs", "crun", "debian-mirror", "npm-registry"))(
  "install scripts",
  { timeout: 400_000 },
  () => {
    /** One store: Node and Debian's packages come once. */
    let store: ReturnType<typeof temporaryDirectory>;
    beforeAll(() => {
      store = temporaryDirectory();
    });
    afterAll(() => store[Symbol.asyncDispose]());

    async function run(workspace: CliWorkspace, env = {}): Promise<string> {
      const built = await workspace.run(["build"], env);
      expect(built.exitCode, built.stderr).toBe(0);
      expect(built.stderr).not.toContain(token);
      const { stdout, stderr } = await workspace.run(["run", "--rm", "--network", "host", "app"]);
      expect(stderr).toBe("");
      return stdout;
    }

    it("are refused by name, then run without network and credentials, or with network where that is asked for", async () => {
      await using registry = await privateRegistry(token, { "@private/probe": probe });
      await using workspace = new InProcessWorkspace(store.path);
      workspace.fetchesPackages = true;
      const dependencies = { "@private/probe": "1.0.0" };
      workspace.write("package.json", JSON.stringify({ dependencies }));
      workspace.write("index.js", "console.log(JSON.stringify(require('@private/probe')));");
      workspace.write(".nvmrc", "22");
      workspace.write(
        ".npmrc",
        `@private:registry=http://${registry.host}/\n//${registry.host}/:_authToken=\${PRIVATE_TOKEN}\n`,
      );
      const locked = { version: "1.0.0", integrity: integrityOf(probe), hasInstallScript: true };
      const packages = { "": { dependencies }, "node_modules/@private/probe": locked };
      workspace.write("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages }));
      const env = { PRIVATE_TOKEN: token };
      workspace.write("app.image.ts", imageModule(""));
      expect((await workspace.run(["lock"], env)).exitCode).toBe(0);
      const refused = await workspace.run(["build"], env);
      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).toMatch(/NODE_INSTALL_SCRIPTS.*@private\/probe/);
      expect(refused.stderr).toContain('installScripts: ["!@private/probe"]');
      workspace.write("app.image.ts", imageModule('installScripts: ["@private/probe"]'));
      const alone = JSON.parse(await run(workspace, env)) as Seen;
      expect(alone).toMatchObject({ interfaces: [], npmrc: [], lifecycle: "postinstall" });
      expect(JSON.stringify(alone)).not.toContain(token);
      expect(Object.fromEntries(alone.variables)).toMatchObject({
        npm_package_name: "@private/probe",
        npm_config_nodedir: "/usr/local",
      });
      const reaching = 'installScripts: ["@private/probe"], installNetwork: "default"';
      workspace.write("app.image.ts", imageModule(reaching));
      const connected = JSON.parse(await run(workspace, env)) as Seen;
      expect(connected.interfaces).not.toEqual([]);
      expect(JSON.stringify(connected)).not.toContain(token);
    });

    it("of a real package change what it is, in a layer above it", async () => {
      await using workspace = new InProcessWorkspace(store.path);
      workspace.fetchesPackages = true;
      workspace.write("package.json", JSON.stringify({ dependencies: { esbuild: "0.25.0" } }));
      workspace.write(".nvmrc", "22");
      workspace.write(
        "index.js",
        "console.log(require('fs').readFileSync('/app/node_modules/esbuild/bin/esbuild').subarray(1, 4).toString());",
      );
      runPackageManager("npm", ["install", "--package-lock-only"], workspace.directory);
      workspace.write("app.image.ts", imageModule('installScripts: ["!esbuild"]'));
      expect((await workspace.run(["lock"])).exitCode).toBe(0);
      expect(await run(workspace)).toBe("!/u\n");
      // its script puts the program itself where its package has a script that starts it
      workspace.write("app.image.ts", imageModule('installScripts: ["esbuild"]'));
      expect(await run(workspace)).toBe("ELF\n");
    });

    it.skipIf(!requires("large-frameworks"))(
      "compile native packages against the headers of the image's Node",
      async () => {
        await using workspace = new InProcessWorkspace(store.path);
        workspace.fetchesPackages = true;
        const dependencies = { "unix-dgram": "2.0.6", "node-gyp": "11.2.0" };
        workspace.write("package.json", JSON.stringify({ dependencies }));
        workspace.write(".nvmrc", "22");
        workspace.write(
          "index.js",
          "const socket = require('unix-dgram').createSocket('unix_dgram');\nconsole.log(typeof socket.bind);\nsocket.close();\n",
        );
        runPackageManager("npm", ["install", "--package-lock-only"], workspace.directory);
        const tools = "['coreutils', 'dash', 'g++', 'make', 'python3', 'sed']";
        workspace.write(
          "app.image.ts",
          imageModule(`installScripts: ["unix-dgram"], builder: debian({ packages: ${tools} })`),
        );
        expect(await run(workspace)).toBe("function\n");
      },
      600_000,
    );
  },
);
