import { createRequire } from "node:module";
import path from "node:path";
import type { SourceMap, TransformOptions } from "oxc-transform";

/** A mistake in the text of a module. `offset` counts UTF-16 units from the beginning. */
export interface SyntaxMistake {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  readonly help: string | null;
}

export interface TransformedModule {
  readonly code: string;
  readonly map?: SourceMap | undefined;
  readonly mistakes: readonly SyntaxMistake[];
}

type Language = NonNullable<TransformOptions["lang"]>;

const languages: Readonly<Record<string, Language>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".jsx": "jsx",
};

/** Whether Node cannot run a file of this name as it is. */
export const needsTransform = (file: string): boolean => languages[path.extname(file)] !== undefined;

type Transformer = typeof import("oxc-transform");

let transformer: Transformer | undefined;

/** For the hooks' thread, where Node cannot load an ES module synchronously. */
export function useTransformer(module: Transformer): void {
  transformer = module;
}

/** Loaded when the first module needs it; synchronously, since places are worked out on demand. */
function transform(): Transformer {
  transformer ??= createRequire(import.meta.url)("oxc-transform") as Transformer;
  return transformer;
}

/**
 * TypeScript or JSX as JavaScript for the oldest Node that is supported. Types are removed, not checked. Deterministic:
 * the same text gives the same code, which is why source maps can be made later, when they are needed.
 */
export function transformModule(
  file: string,
  text: string,
  options: { readonly sourcemap?: boolean; readonly sourceType?: "module" | "commonjs" } = {},
): TransformedModule {
  const { code, errors, map } = transform().transformSync(file, text, {
    lang: languages[path.extname(file)] ?? "js",
    sourceType: options.sourceType ?? (path.extname(file) === ".cts" ? "unambiguous" : "module"),
    target: "node20",
    decorator: { legacy: true },
    sourcemap: options.sourcemap ?? false,
  });
  const mistakes = errors.map(({ message, labels, helpMessage }) => {
    const [label] = labels;
    const offset = utf16Offset(text, label?.start ?? 0);
    return { message, offset, length: utf16Offset(text, label?.end ?? 0) - offset, help: helpMessage };
  });
  return { code, map, mistakes };
}

/** The transformer counts bytes of UTF-8, unlike the parser. */
const utf16Offset = (text: string, bytes: number): number =>
  Buffer.from(text).subarray(0, bytes).toString().length;
