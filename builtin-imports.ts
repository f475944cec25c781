/** Statements as the bundler writes them: `import fs, { rmSync as rm } from "node:fs";`. */
const statement =
  /^import (?:([\w$]+)(?:, )?)?(?:\* as ([\w$]+)|\{ ([^}]*) \})? ?(?:from )?"(node:[\w/]+)";$/gm;

/**
 * Takes Node's own modules as they are. An `import` of one makes an ES module around it first, which reads every property that the module
 * has, and so loads what nobody asked for: a fifth of what starting a command costs beyond Node itself.
 */
export function takeBuiltins(code: string): string {
  return lateRequire(code).replace(
    statement,
    (_, whole: string | undefined, space: string | undefined, names: string | undefined, id: string) => {
      const taken = `globalThis.process.getBuiltinModule("${id}")`;
      if (id === "node:crypto" && names !== undefined) return lateFunctions(taken, names);
      const parts = [whole, space].flatMap((name) =>
        name === undefined ? [] : [`const ${name} = ${taken};`],
      );
      const renamed = names?.replace(/([\w$]+) as ([\w$]+)/g, "$1: $2");
      return [...parts, ...(renamed === undefined ? [] : [`const { ${renamed} } = ${taken};`])].join("\n");
    },
  );
}

const requiring = "var __require = /* @__PURE__ */ createRequire(import.meta.url);";
const ofRequiring = 'import { createRequire } from "node:module";\n';

/** `require` of what is bundled from CommonJS is for Node's own modules nearly always: the rest of it is made when it is needed. */
function lateRequire(code: string): string {
  if (!code.includes(requiring)) return code;
  if (!code.includes(ofRequiring)) throw new Error("the bundler makes its require in another way");
  const module = 'globalThis.process.getBuiltinModule("node:module")';
  return code.replace(ofRequiring, "").replace(
    requiring,
    `var __requireFile;
var __require = (id) =>
	globalThis.process.getBuiltinModule(id) ?? (__requireFile ??= ${module}.createRequire(import.meta.url))(id);`,
  );
}

/** Functions of a module that takes long to load and is often not called: it is loaded then. */
const lateFunctions = (taken: string, names: string): string =>
  names
    .split(", ")
    .map((name) => {
      const [original = "", local = original] = name.split(" as ");
      return `const ${local} = (...args) => ${taken}.${original}(...args);`;
    })
    .join("\n");

const atOnce = "const childProcess = require('node:child_process');\n";

/** Commander loads what starts processes for commands that are programs of their own: we have none. */
export function withoutPrograms(code: string): string {
  const parts = code.split(atOnce);
  if (parts.length !== 2) throw new Error("commander does not load node:child_process as it did");
  return parts.join("").replaceAll("childProcess.", "require('node:child_process').");
}
