import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/*
 * Makes of bundled ES modules what core/start/code-loader.ts loads: V8 keeps the compiled code of scripts, and Node 20 gives no way to have
 * that of ES modules. `dist/code/NAME` is a function with the module's body; `dist/NAME` becomes a module that exports what it returns.
 */

type Parsed = ReturnType<typeof parseSync>;

interface Chunk {
  /** Below `dist`. */
  readonly name: string;
  readonly text: string;
  readonly parsed: Parsed;
}

/** A piece of a text and what stands there instead. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Converts what can be in a directory of bundled modules, but for `processes`, which do something when they are loaded. Gives an id of all code. */
export function keepCode(dist: string, processes: readonly string[]): string {
  const chunks = new Map(
    fs
      .readdirSync(dist, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".js") && !processes.includes(name))
      .map((name) => [name, readChunk(dist, name)]),
  );
  const kept = keepable(chunks);
  const hash = createHash("sha256");
  for (const chunk of [...kept.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const code = codeOf(chunk, kept);
    hash.update(`${chunk.name}\0${code}\0`);
    const file = path.join(dist, "code", chunk.name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, code);
    fs.writeFileSync(path.join(dist, chunk.name), facadeOf(chunk));
  }
  return hash.digest("hex").slice(0, 32);
}

function readChunk(dist: string, name: string): Chunk {
  const text = fs.readFileSync(path.join(dist, name), "utf8");
  return { name, text, parsed: parseSync(name, text, { sourceType: "module" }) };
}

/** The chunk that a relative specifier names; undefined for a package. */
const targetOf = (from: string, specifier: string): string | undefined =>
  specifier.startsWith(".") ? path.posix.join(path.posix.dirname(from), specifier) : undefined;

/** Chunks that import nothing but one another. */
function keepable(chunks: ReadonlyMap<string, Chunk>): ReadonlyMap<string, Chunk> {
  const kept = new Map([...chunks].filter(([, { parsed }]) => parsed.program.body.every(isConvertible)));
  for (let size = -1; size !== kept.size; ) {
    size = kept.size;
    for (const { name, parsed } of [...kept.values()]) {
      const wanted = parsed.module.staticImports.map(({ moduleRequest }) =>
        targetOf(name, moduleRequest.value),
      );
      if (!wanted.every((target) => target !== undefined && kept.has(target))) kept.delete(name);
    }
  }
  return kept;
}

type Statement = Parsed["program"]["body"][number];

const isConvertible = (statement: Statement): boolean =>
  statement.type !== "ExportAllDeclaration" &&
  statement.type !== "ExportDefaultDeclaration" &&
  (statement.type !== "ExportNamedDeclaration" ||
    (statement.declaration === null && statement.source === null));

/** Exported names and what they are called inside. */
const exportsOf = ({ parsed }: Chunk): readonly (readonly [exported: string, local: string])[] =>
  parsed.program.body.flatMap((statement) =>
    statement.type === "ExportNamedDeclaration"
      ? statement.specifiers.map(({ exported, local }) => [nameOf(exported), nameOf(local)] as const)
      : [],
  );

const nameOf = (node: { readonly type: string; readonly name?: string; readonly value?: unknown }): string =>
  node.name ?? String(node.value);

/** The body of a chunk as a function of the loader and of what `import.meta` is. */
function codeOf(chunk: Chunk, kept: ReadonlyMap<string, Chunk>): string {
  const { name, text, parsed } = chunk;
  refuseReassigned(chunk);
  const edits = [
    ...parsed.program.body.flatMap((statement): readonly Edit[] => {
      const { start, end } = statement;
      if (statement.type === "ImportDeclaration") return [{ start, end, text: loading(statement, name) }];
      return statement.type === "ExportNamedDeclaration" ? [{ start, end, text: "" }] : [];
    }),
    ...parsed.module.importMetas.map(({ start, end }) => ({ start, end, text: "__meta" })),
    ...parsed.module.dynamicImports.map(({ start, end, moduleRequest }) => {
      const written = text.slice(moduleRequest.start, moduleRequest.end);
      return { start, end, text: importing(written, name, kept) };
    }),
  ];
  const returned = exportsOf(chunk).map(([exported, local]) => `${JSON.stringify(exported)}: ${local}`);
  const body = asAscii(
    edited(
      text.replace(/^#!.*/, (line) => " ".repeat(line.length)),
      edits,
    ),
  );
  return `(function (__load, __import, __meta) { "use strict";\n${body}\nreturn { ${returned.join(", ")} };\n})`;
}

/** `import()` of what is written there: a text in quotes or any expression. */
function importing(written: string, name: string, kept: ReadonlyMap<string, Chunk>): string {
  const target = /^"[^"]+"$/.test(written) ? targetOf(name, JSON.parse(written) as string) : undefined;
  if (target === undefined) return `__import(${written})`;
  return kept.has(target) ? `Promise.resolve().then(() => __load("${target}"))` : `__import("./${target}")`;
}

function loading(statement: Extract<Statement, { type: "ImportDeclaration" }>, name: string): string {
  const call = `__load(${JSON.stringify(targetOf(name, statement.source.value))})`;
  const names = statement.specifiers.map((specifier) => {
    if (specifier.type !== "ImportSpecifier") throw new Error(`${name} imports more than names`);
    return `${JSON.stringify(nameOf(specifier.imported))}: ${specifier.local.name}`;
  });
  return names.length === 0 ? `${call};` : `const { ${names.join(", ")} } = ${call};`;
}

/** Whoever imports a name gets its value once. */
function refuseReassigned(chunk: Chunk): void {
  const names = new Set(exportsOf(chunk).map(([, local]) => local));
  const refuse = (target: { readonly type: string; readonly name?: string }): void => {
    if (target.type === "Identifier" && names.has(target.name ?? ""))
      throw new Error(`${chunk.name} exports ${target.name} and assigns to it`);
  };
  new Visitor({
    AssignmentExpression: ({ left }) => refuse(left),
    UpdateExpression: ({ argument }) => refuse(argument),
  }).visit(chunk.parsed.program);
}

function edited(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { start, end, text: instead } of [...edits].sort((a, b) => b.start - a.start))
    result = result.slice(0, start) + instead + result.slice(end);
  return result;
}

/** Such a text is read as it is, and takes half the memory. */
const asAscii = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

function facadeOf(chunk: Chunk): string {
  const names = exportsOf(chunk).map(([exported]) => exported);
  const up = "../".repeat(chunk.name.split("/").length - 1) || "./";
  const taken = names.map((name, index) => `${JSON.stringify(name)}: _${index}`);
  const given = names.map((name, index) => `_${index} as ${name}`);
  return [
    `import loader from "${up}code-loader.cjs";`,
    `const { ${taken.join(", ")} } = loader.load("${chunk.name}");`,
    `export { ${given.join(", ")} };`,
    "",
  ].join("\n");
}
