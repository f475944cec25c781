import fs from "node:fs";
import path from "node:path";
import type { TestSourceContext } from "../../support/source-context.ts";
import { sourceContext } from "../../support/source-context.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** A digest that has the right form and is of nothing. */
export const integrity = `sha512-${Buffer.alloc(64, 7).toString("base64")}`;

export interface TestProject extends AsyncDisposable {
  readonly directory: string;
  context(architecture?: string): TestSourceContext;
  write(name: string, content: string | object): void;
}

/** A workspace on disk; objects are written as JSON. */
export function project(files: Readonly<Record<string, string | object>>): TestProject {
  const tmp = temporaryDirectory();
  const write = (name: string, content: string | object): void => {
    const file = path.join(tmp.path, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  return {
    directory: tmp.path,
    context: (architecture = "amd64") => sourceContext(tmp.path, { platform: { os: "linux", architecture } }),
    write,
    [Symbol.asyncDispose]: () => tmp[Symbol.asyncDispose](),
  };
}

export const wanted = (name = ".") => ({ package: name, libc: "glibc" as const, dev: false });
