import path from "node:path";
import type { BuildRecord, RecordedVertex } from "../build-record.ts";
import type { Cause } from "./cause.ts";
import { sides } from "./compare-inputs.ts";
import type { RecordedDeclarations } from "./recorded-declarations.ts";

type Inputs = Readonly<Record<string, string>>;

/** Another version of tsdock's own work, which is in every key. */
export function versionCauses(before: RecordedDeclarations, after: RecordedDeclarations): readonly Cause[] {
  return Object.entries(after.versions).flatMap(([name, to]): readonly Cause[] => {
    const from = before.versions[name];
    return from === to
      ? []
      : [{ type: "version", of: `tsdock ${name}`, from: String(from ?? "none"), to: String(to) }];
  });
}

/** Why a vertex is declared in another way than it was: params that have other values, source files that were edited. */
export function declarationCauses(
  before: BuildRecord,
  after: BuildRecord,
  vertex: RecordedVertex,
  inputs: { readonly before: Inputs; readonly after: Inputs },
): readonly Cause[] {
  return [
    ...paramCauses(before.declarations, after.declarations, inputs),
    ...sourceCauses(before, after, vertex),
  ];
}

/** Those whose values are seen in what differs; all that changed where none is. */
function paramCauses(
  before: RecordedDeclarations,
  after: RecordedDeclarations,
  inputs: { readonly before: Inputs; readonly after: Inputs },
): readonly Cause[] {
  const names = [...new Set([...Object.keys(before.params), ...Object.keys(after.params)])].sort();
  const changed = names.filter((name) => before.params[name] !== after.params[name]);
  const differing = Object.keys(inputs.after).filter((name) => inputs.before[name] !== inputs.after[name]);
  const text = (side: Inputs): string => differing.map((name) => side[name] ?? "").join("\n");
  const [old, now] = [text(inputs.before), text(inputs.after)];
  const seen = changed.filter(
    (name) =>
      old.includes(String(before.params[name] ?? "")) && now.includes(String(after.params[name] ?? "")),
  );
  return (seen.length > 0 ? seen : changed).map((name) => ({
    type: "param",
    name,
    ...sides(before.params[name], after.params[name]),
  }));
}

function sourceCauses(before: BuildRecord, after: BuildRecord, { site }: RecordedVertex): readonly Cause[] {
  const file = site === undefined ? undefined : path.relative(after.workspace, site.file);
  const [old, now] = [before.declarations, after.declarations];
  const files = new Set(
    [old, now].flatMap(({ modules, config }) => [
      ...Object.values(modules)
        .filter((sources) => file === undefined || sources.includes(file))
        .flat(),
      ...(config === undefined ? [] : [config]),
    ]),
  );
  return [...files].sort().flatMap((name): readonly Cause[] => {
    const [from, to] = [old.files[name], now.files[name]];
    return from === to ? [] : [{ type: "source", file: name, ...sides(digest(from), digest(to)) }];
  });
}

const digest = (hex: string | undefined): string | undefined =>
  hex === undefined ? undefined : `sha256:${hex}`;
