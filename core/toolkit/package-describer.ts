import type { DefaultAnnotation } from "../graph/definition.ts";
import path from "node:path";
import { describingMembers, packageDescription } from "../config/package-description.ts";
import { readManifest } from "../config/workspace.ts";
import { annotationName } from "../graph/image-annotations.ts";

/** What packages say of their images: each package.json is read once. `read` gives the text of a file, as it is or as it was. */
export function packageDescriber(
  workspace: string,
  read: (file: string) => string = readManifest,
): (directory: string) => readonly DefaultAnnotation[] {
  const known = new Map<string, readonly DefaultAnnotation[]>();
  return (directory) => {
    const found = known.get(directory) ?? describe(path.join(directory, "package.json"), workspace, read);
    known.set(directory, found);
    return found;
  };
}

function describe(
  file: string,
  workspace: string,
  read: (file: string) => string,
): readonly DefaultAnnotation[] {
  const description = packageDescription(read(file));
  const shown = path.relative(workspace, file);
  return (["description", "url", "source", "licenses"] as const).flatMap((member) => {
    const value = description[member];
    const source = `${shown}, ${describingMembers[member]}`;
    return value === undefined ? [] : [{ name: annotationName(member), value, source }];
  });
}
