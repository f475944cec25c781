import { type Group, groupMark, isGroup } from "../../declare/group.ts";
import { imageMark, linkOf } from "../../declare/image.ts";
import type { Link } from "../../declare/instruction.ts";
import { formatPlace, type Place } from "../../errors/place.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { lastOf, rootOf } from "./expand.ts";
import { isImageName, kebabCase, nameOfFile } from "./names.ts";
import type { Problems } from "./problems.ts";

/** A module after it ran. */
export interface LoadedModule {
  /** Absolute. */
  readonly file: string;
  readonly exports: Readonly<Record<string, unknown>>;
  /** Where an export is declared: read from the source, only when it is shown. */
  place(exportName: string): Place | undefined;
}

export interface ExportedImage {
  readonly name: string;
  readonly link: Link;
  readonly module: LoadedModule;
  readonly exportName: string;
}

export interface CollectedExports {
  /** In the order of modules and of their exports. */
  readonly images: readonly ExportedImage[];
  readonly groups: readonly Group[];
}

/** Finds images and groups among exports and gives them their names. Anything else is left alone. */
export function collectExports(modules: readonly LoadedModule[], problems: Problems): CollectedExports {
  const found = new Map<Link, ExportedImage>();
  const groups = new Set<Group>();
  for (const module of modules) {
    for (const [exportName, value] of Object.entries(module.exports)) {
      if (isGroup(value)) groups.add(value);
      const mark = imageMark(value) ?? groupMark(value);
      if (mark === "foreign") problems.add(foreign(module, exportName));
      const link = imageMark(value) === "ours" ? linkOf(value as object) : undefined;
      if (link === undefined) continue;
      const before = found.get(link);
      const next = { name: "", link, module, exportName };
      if (before === undefined || comesFirst(next, before)) found.set(link, next);
    }
  }
  const images = [...found.values()]
    .filter((image) => hasBase(image, problems))
    .flatMap((image) => named(image, problems));
  return { images: withoutDuplicates(images, problems), groups: [...groups] };
}

/** Of two exports of one value: the one in the file that declares it, then the one written first. */
function comesFirst(a: ExportedImage, b: ExportedImage): boolean {
  const home = a.link.site.file();
  if (a.module !== b.module) return a.module.file === home && b.module.file !== home;
  const [first, second] = [a.module.place(a.exportName), b.module.place(b.exportName)];
  if (first === undefined || second === undefined) return false;
  return first.line < second.line || (first.line === second.line && first.column < second.column);
}

/** A builder that never got a base is a building block for other modules, not an image; perhaps `from` was forgotten. */
function hasBase(image: ExportedImage, problems: Problems): boolean {
  if (lastOf(image.link, "from") !== undefined || lastOf(image.link, "with") !== undefined) return true;
  const place = image.module.place(image.exportName) ?? image.link.site.place();
  problems.warn({
    code: "IMAGE_WITHOUT_BASE",
    message: `the export ${image.exportName} has no from() and is no image`,
    hint: "write .from(scratch), or name a base",
    ...(place === undefined ? {} : { place }),
  });
  return false;
}

function named(image: ExportedImage, problems: Problems): readonly ExportedImage[] {
  const root = rootOf(image.link).instruction;
  const given: unknown = root.type === "image" ? root.name : undefined;
  const { exportName, module } = image;
  const name = given ?? (exportName === "default" ? nameOfFile(module.file) : kebabCase(exportName));
  if (typeof name === "string" && isImageName(name)) return [{ ...image, name }];
  problems.add(
    new TsdockError("NAME_INVALID", `${JSON.stringify(name)} cannot name an image`, {
      place: module.place(exportName) ?? image.link.site.place(),
      hint: 'names are lower-case letters and digits with ., _, - and / between: image("acme/web")',
    }),
  );
  return [];
}

function withoutDuplicates(images: readonly ExportedImage[], problems: Problems): readonly ExportedImage[] {
  const byName = new Map<string, ExportedImage>();
  for (const image of images) {
    const first = byName.get(image.name);
    if (first === undefined) byName.set(image.name, image);
    else problems.add(duplicate(first, image));
  }
  return [...byName.values()];
}

const placeOf = ({ module, exportName, link }: ExportedImage): Place | undefined =>
  module.place(exportName) ?? link.site.place();

function duplicate(first: ExportedImage, second: ExportedImage): TsdockError {
  const places = [first, second].map((image) => {
    const place = placeOf(image);
    return `${place === undefined ? image.module.file : formatPlace(place)}: export ${image.exportName}`;
  });
  return new TsdockError("NAME_DUPLICATE", `two images are called ${first.name}`, {
    place: placeOf(second),
    hint: 'rename one export, or give it a name of its own: image("…"). A given name goes on along the chain',
    details: places.join("\n"),
  });
}

const foreign = (module: LoadedModule, exportName: string): TsdockError =>
  new TsdockError("DECLARATION_FOREIGN", `the export ${exportName} was made by another copy of tsdock`, {
    place: module.place(exportName),
    hint: "install one version for the whole workspace",
  });
