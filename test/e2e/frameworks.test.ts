import fs from "node:fs";
import { describe, expect, it } from "vitest";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { containerAnswers } from "../support/container-answer.ts";
import { runPackageManager } from "../support/package-managers.ts";
import { requires } from "../support/requires.ts";

interface Built {
  readonly vertices: { readonly ran: number };
}

/** A workspace with one package in `packages/app`, its lockfile written by npm. */
function workspaceOf(manifest: object, files: Readonly<Record<string, string>>, image: string): CliWorkspace {
  const workspace = new InProcessWorkspace();
  workspace.fetchesPackages = true;
  workspace.write("package.json", JSON.stringify({ private: true, workspaces: ["packages/*"] }));
  workspace.write(".nvmrc", "22\n");
  workspace.write(".dockerignore", ".home\n");
  const own = { name: "@acme/app", version: "1.0.0", private: true, ...manifest };
  workspace.write("packages/app/package.json", JSON.stringify(own));
  for (const [name, text] of Object.entries(files)) workspace.write(`packages/app/${name}`, text);
  workspace.write("app.image.ts", `import { image } from "tsdock";\n${image}`);
  runPackageManager("npm", ["install", "--package-lock-only"], workspace.directory);
  return workspace;
}

async function build(workspace: CliWorkspace): Promise<void> {
  for (const command of ["lock", "build"]) {
    const { exitCode, stderr } = await workspace.run([command]);
    expect(exitCode, stderr).toBe(0);
  }
}

const machine = ["root", "overlayfs", "crun", "debian-mirror", "npm-registry"] as const;

describe.skipIf(!requires(...machine))("a site", () => {
  it("that Vite builds is served by another image's server, and its lockfile and declaration are no sources", async () => {
    await using workspace = workspaceOf(
      { type: "module", scripts: { build: "vite build" }, devDependencies: { vite: "7.1.0", ms: "2.1.3" } },
      {
        "index.html": '<!doctype html><p>built</p><script type="module" src="/main.ts"></script>',
        "main.ts": "const word: string = import.meta.env.VITE_WORD; console.log(word);\n",
        "dist/stale.html": "of an earlier build",
      },
      `import { debian } from "tsdock/plugins/debian";
import { nodeSite } from "tsdock/plugins/node";
const options = { env: { VITE_WORD: "from-the-declaration" }, installScripts: ["!esbuild"] };
export const site = image()
  .from(debian({ packages: ["busybox-static"], busyboxLinks: true }))
  .with(nodeSite({ package: "@acme/app", to: "/srv/www", ...options }))
  .entrypoint(["/bin/sh", "-c", 'exec httpd -f -p "$PORT" -h /srv/www']);
`,
    );
    await build(workspace);
    const [page = "", stale = ""] = await containerAnswers(workspace, "site", ["/", "/stale.html"]);
    expect(page).toContain("<p>built</p>");
    expect(stale).not.toContain("earlier build");
    const [, script = ""] = /src="(\/assets\/[^"]+\.js)"/.exec(page) ?? [];
    expect((await containerAnswers(workspace, "site", [script]))[0]).toContain("from-the-declaration");
    const lock = workspace.path("package-lock.json");
    const text = fs.readFileSync(lock, "utf8");
    fs.writeFileSync(lock, text.replace(/("node_modules\/fsevents": \{\s+"version": "2\.3\.)/, "$19"));
    expect(fs.readFileSync(lock, "utf8")).not.toBe(text);
    workspace.write("packages/app/dist/stale.html", "changed");
    expect((await workspace.json<Built>(["build"])).vertices.ran).toBe(0);
  }, 300_000);
});

describe.skipIf(!requires(...machine, "large-frameworks"))("an app of a framework", () => {
  it("Nest is built by its own script and answers", async () => {
    await using workspace = workspaceOf(
      {
        scripts: { build: "nest build" },
        dependencies: {
          "@nestjs/common": "11.1.0",
          "@nestjs/core": "11.1.0",
          "@nestjs/platform-express": "11.1.0",
          "reflect-metadata": "0.2.2",
          rxjs: "7.8.2",
        },
        devDependencies: { "@nestjs/cli": "11.0.7", typescript: "5.7.3", "@types/node": "22.10.0" },
      },
      {
        "nest-cli.json": '{"sourceRoot":"src"}',
        "tsconfig.json": JSON.stringify({
          compilerOptions: {
            module: "commonjs",
            target: "es2022",
            outDir: "dist",
            rootDir: "src",
            experimentalDecorators: true,
            emitDecoratorMetadata: true,
            skipLibCheck: true,
          },
        }),
        "src/main.ts": `import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
@Controller() class Hello { @Get() hello(): string { return "hello from nest"; } }
@Module({ controllers: [Hello] }) class App {}
void NestFactory.create(App).then((app) => app.listen(Number(process.env.PORT)));
`,
      },
      'import { nodeApp } from "tsdock/plugins/node";\nexport const app = image().with(nodeApp({ package: "@acme/app", framework: "nest" }));\n',
    );
    await build(workspace);
    expect(await containerAnswers(workspace, "app", ["/"])).toEqual(["hello from nest"]);
  }, 600_000);

  it("Next is a standalone server with what browsers load, and may write beside its code", async () => {
    await using workspace = workspaceOf(
      {
        scripts: { build: "next build" },
        dependencies: { next: "16.4.6", react: "19.2.0", "react-dom": "19.2.0" },
      },
      {
        "app/layout.js":
          "export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n",
        "app/page.js":
          'import fs from "node:fs";\nexport const dynamic = "force-dynamic";\nexport default function Page() { fs.writeFileSync(".next/written", ""); return <p>hello from next</p>; }\n',
        "public/hi.txt": "public",
      },
      'import { nodeApp } from "tsdock/plugins/node";\nexport const app = image().with(nodeApp({ package: "@acme/app", framework: "next" }));\n',
    );
    await build(workspace);
    const [page = "", file = ""] = await containerAnswers(workspace, "app", ["/", "/hi.txt"]);
    expect(page).toContain("hello from next");
    expect(file).toBe("public");
    const [script = ""] = /\/_next\/static\/[^"]+\.js/.exec(page) ?? [];
    expect((await containerAnswers(workspace, "app", [script]))[0]).toMatch(/\(globalThis|self|function/);
  }, 900_000);
});
