import fs from "node:fs";
import { createRequire } from "node:module";
import type { EcmaScriptModule } from "oxc-parser";
import type { Place } from "../errors/place.ts";
import { positionAt } from "./text-position.ts";

/** A module's text and what it imports and exports, without running it. */
export interface ParsedModule {
  readonly file: string;
  readonly text: string;
  readonly module: EcmaScriptModule;
}

/** Parses a file of TypeScript or JavaScript; undefined where it cannot be read. Synchronous: places are worked out on demand. */
export function parseModule(file: string): ParsedModule | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
  const { parseSync } = createRequire(import.meta.url)("oxc-parser") as typeof import("oxc-parser");
  return { file, text, module: parseSync(file, text).module };
}

const placeAt = ({ file, text }: ParsedModule, offset: number): Place => ({
  file,
  ...positionAt(text, offset),
});

/** The place of an export's name; of `export default`, of the statement. */
export function exportPlace(parsed: ParsedModule, name: string): Place | undefined {
  for (const statement of parsed.module.staticExports) {
    for (const entry of statement.entries) {
      if (entry.exportName.kind === "Default" ? name !== "default" : entry.exportName.name !== name) continue;
      return placeAt(parsed, entry.exportName.start ?? entry.localName.start ?? entry.start);
    }
  }
  return undefined;
}

/** The place of a specifier in the first import or re-export that names it. */
export function importPlace(parsed: ParsedModule, specifier: string): Place | undefined {
  const imports = parsed.module.staticImports.map(({ moduleRequest }) => moduleRequest);
  const exports = parsed.module.staticExports.flatMap(({ entries }) =>
    entries.map((entry) => entry.moduleRequest),
  );
  const named = [...imports, ...exports].find((request) => request?.value === specifier);
  if (named) return placeAt(parsed, named.start);
  const dynamic = parsed.module.dynamicImports.find(({ moduleRequest: { start, end } }) => {
    return parsed.text.slice(start, end).slice(1, -1) === specifier;
  });
  return dynamic === undefined ? undefined : placeAt(parsed, dynamic.moduleRequest.start);
}

export interface NamedImport {
  readonly specifier: string;
  /** The name in the other module. */
  readonly name: string;
  /** The name in this module; undefined for a re-export. */
  readonly local?: string;
  readonly place: Place;
}

/** Every value that is imported or re-exported by name. */
export function namedImports(parsed: ParsedModule): readonly NamedImport[] {
  const imports = parsed.module.staticImports.flatMap(({ moduleRequest, entries }) =>
    entries.flatMap(({ importName, localName, isType }) => {
      const name = importName.kind === "Default" ? "default" : importName.name;
      if (isType || name === null) return [];
      const place = placeAt(parsed, importName.start ?? localName.start);
      return [{ specifier: moduleRequest.value, name, local: localName.value, place }];
    }),
  );
  const exports = parsed.module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, importName, isType, start }) => {
      if (isType || moduleRequest === null || importName.name === null) return [];
      const place = placeAt(parsed, importName.start ?? start);
      return [{ specifier: moduleRequest.value, name: importName.name, place }];
    }),
  );
  return [...imports, ...exports];
}

/** Places of exports, each file parsed once and only when asked: `place(file, "web")`. */
export function exportPlaces(): (file: string, name: string) => Place | undefined {
  const parsed = new Map<string, ParsedModule | undefined>();
  return (file, name) => {
    if (!parsed.has(file)) parsed.set(file, parseModule(file));
    const module = parsed.get(file);
    return module === undefined ? undefined : exportPlace(module, name);
  };
}
