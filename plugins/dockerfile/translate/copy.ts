import { join, staticText, text, type Value } from "../expand/value.ts";
import { type Layout, list, object, raw, valueLayout, withOptions } from "../print/layout.ts";
import { printText, quoted } from "../print/literals.ts";
import type { Heredoc } from "../syntax/dockerfile.ts";
import { heredocMark, withoutTabs } from "../syntax/heredoc.ts";
import { listOrWords, pathTexts } from "./configuration.ts";
import { Flags } from "./flags.ts";
import { clean } from "./paths.ts";
import type { Setting } from "./setting.ts";
import { filesOf } from "./stage-files.ts";

/** COPY of files of the context or of another image, and of here-documents. */
export function translateCopy(setting: Setting): void {
  const flags = new Flags(setting, {
    from: "text",
    chown: "text",
    chmod: "text",
    link: "boolean",
    parents: "boolean",
    exclude: "list",
  });
  const { sources, documents, destination } = operands(setting);
  const from = fromLayout(setting, flags);
  if (sources.length > 0) copyPaths(setting, flags, sources, destination, from);
  writeDocuments(setting, flags, documents, destination);
}

export interface Operands {
  readonly sources: readonly Value[];
  readonly documents: readonly Heredoc[];
  readonly destination: Value;
}

/** What is between the flags and the end: sources, here-documents and the destination. */
export function operands(setting: Setting): Operands {
  const { body, keyword, heredocs } = setting.instruction;
  const words = listOrWords(setting, body);
  const last = words.at(-1);
  if (last === undefined || words.length < 2)
    throw setting.invalid(`${keyword} needs a source and a destination`);
  if (heredocMark(last) !== undefined) throw setting.invalid("a here-document cannot be a destination", last);
  const documents: Heredoc[] = [];
  const sources: Value[] = [];
  for (const word of words.slice(0, -1)) {
    const mark = heredocMark(word);
    const document = mark === undefined ? undefined : heredocs.find(({ name }) => name === mark.name);
    if (document === undefined) sources.push(setting.expand(word));
    else documents.push(document);
  }
  return { sources, documents, destination: destinationOf(setting.expand(last)) };
}

/** An empty one is the working directory. */
const destinationOf = (path: Value): Value => (staticText(path) === "" ? text(".") : path);

function fromLayout(setting: Setting, flags: Flags): Layout | undefined {
  const from = flags.text("from");
  if (from === undefined) return undefined;
  if (from.includes("$"))
    throw setting.invalid("--from takes no variable, in docker either", from, "define a stage with FROM");
  return filesOf(setting, from, from);
}

/** Options that COPY and ADD share. */
export function ownerAndMode(setting: Setting, flags: Flags): Readonly<Record<string, Layout | undefined>> {
  const chown = flags.text("chown");
  return {
    chown: chown === undefined || chown === "" ? undefined : valueLayout(setting.expand(chown)),
    chmod: modeLayout(setting, flags),
    link: flags.boolean("link") ? raw("true") : undefined,
  };
}

function modeLayout(setting: Setting, flags: Flags): Layout | undefined {
  const written = flags.text("chmod");
  if (written === undefined || written === "") return undefined;
  const value = setting.expand(written);
  const known = staticText(value);
  if (known === undefined) return valueLayout(setting.cast(value, "ModeText"));
  if (/^0*[0-7]{1,4}$/.test(known))
    return raw(quoted(Number.parseInt(known, 8).toString(8).padStart(3, "0")));
  if (/^[ugoa]*[-+=][rwxXst]*/.test(known))
    throw setting.unsupported(
      `the mode ${known} depends on the mode that a file has`,
      written,
      "write it in octal digits",
    );
  throw setting.invalid(`${JSON.stringify(known)} is not a mode`, written, "write octal digits: 755");
}

/** Copies, those of files whose mode is neither 644 nor 755 with that mode. */
export function copyPaths(
  setting: Setting,
  flags: Flags,
  sources: readonly Value[],
  destination: Value,
  from: Layout | undefined,
): void {
  const paths = sources.map((path) => (from === undefined ? inContext(path) : fromRoot(path)));
  const exclude = flags.list("exclude").map((pattern) => valueLayout(setting.expand(pattern)));
  const common = ownerAndMode(setting, flags);
  const chmod = common.chmod ?? (from === undefined ? ownMode(setting, paths) : undefined);
  const options = object({
    from,
    chown: common.chown,
    chmod,
    link: common.link,
    parents: flags.boolean("parents") ? raw("true") : undefined,
    exclude: exclude.length === 0 ? undefined : list(exclude),
  });
  setting.add("copy", ...withOptions([pathTexts(paths), valueLayout(destination)], options));
}

/** A leading slash is the context's root, and nothing leads above it. */
export function inContext(path: Value): Value {
  const known = staticText(path);
  if (known !== undefined) {
    const pivot = known.indexOf("/./");
    if (pivot >= 0)
      return text(
        `${clean(known.slice(0, pivot)).slice(1)}/./${clean(known.slice(pivot + 3)).slice(1)}`.replace(
          /^\//,
          "",
        ),
      );
    return text(clean(known).slice(1) || ".");
  }
  const [first, ...others] = path;
  return typeof first === "string" ? join([first.replace(/^(?:\.?\/)+/, "")], others) : path;
}

function fromRoot(path: Value): Value {
  const known = staticText(path);
  if (known === undefined || known.includes("/./")) return path;
  return text(clean(known));
}

const plainModes = new Set([0o644, 0o755, 0o664, 0o775, 0o666, 0o777]);

/** docker keeps modes on disk; what a checkout gives and a umask changes is 644 or 755 here. */
function ownMode(setting: Setting, paths: readonly Value[]): Layout | undefined {
  const found = paths.flatMap((path) => {
    const pattern = staticText(path);
    return pattern === undefined ? [] : setting.file.request.files.find(pattern);
  });
  const files = found.filter(({ type }) => type === "file");
  const special = files.filter(({ mode }) => !plainModes.has(mode));
  const [first] = special;
  if (first === undefined) return undefined;
  const same = special.every(({ mode }) => mode === first.mode);
  if (same && special.length === files.length && found.length === files.length)
    return raw(quoted(first.mode.toString(8).padStart(3, "0")));
  const shown = special.slice(0, 3).map(({ path, mode }) => `${path} (${mode.toString(8)})`);
  const more = special.length > 3 ? ` and ${special.length - 3} more` : "";
  setting.note(
    `docker keeps the modes of ${shown.join(", ")}${more}; here files are 644 or 755: copy those with chmod.`,
  );
  return undefined;
}

/** Directories that nearly every base has: a document copied there goes into them. */
const wellKnown =
  /^\/(?:bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|root|run|sbin|srv|sys|tmp|usr|var)(?:\/(?:bin|lib|local|share|sbin|log))?$/;

export const isWellKnown = (path: Value): boolean => {
  const known = staticText(path);
  return known !== undefined && (/^\/?\.?\/?$/.test(known) || wellKnown.test(known.replace(/\/+$/, "")));
};

export function writeDocuments(
  setting: Setting,
  flags: Flags,
  documents: readonly Heredoc[],
  destination: Value,
): void {
  if (documents.length === 0) return;
  if (flags.has("parents") || flags.has("exclude"))
    throw setting.unsupported("--parents and --exclude say nothing of here-documents");
  const options = object(ownerAndMode(setting, flags));
  const known = staticText(destination);
  const isDirectory =
    known === undefined
      ? endsWithSlash(destination)
      : /(?:^|\/)\.{0,2}$/.test(known) || wellKnown.test(known);
  if (documents.length > 1 && !isDirectory)
    throw setting.invalid(
      "several here-documents cannot go to one name",
      known,
      `end it with /: ${known ?? ""}/`,
    );
  for (const document of documents) {
    const path = isDirectory ? join(asDirectory(destination), text(document.name)) : destination;
    setting.add("file", ...withOptions([valueLayout(path), contentLayout(setting, document)], options));
  }
}

const endsWithSlash = (path: Value): boolean => {
  const last = path.at(-1);
  return typeof last === "string" && last.endsWith("/");
};
const asDirectory = (path: Value): Value => (endsWithSlash(path) ? path : join(path, text("/")));

function contentLayout(setting: Setting, document: Heredoc): Layout {
  const content = document.chomp ? withoutTabs(document.content) : document.content;
  if (!document.expand) return raw(printText(content));
  return valueLayout(setting.expand(content, { quotesAreText: true }));
}
