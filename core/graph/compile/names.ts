const grammar = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
/** Longest name that registries take, with room for a registry's host and a path before it. */
const longest = 200;

/** Whether text can name an image: a repository's path as registries have it. */
export const isImageName = (text: string): boolean => text.length <= longest && grammar.test(text);

/** `premierProgramme` → `premier-programme`, `HTTPServer` → `http-server`, `base2` → `base2`. */
export const kebabCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .replace(/[_$\s]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase();

/** What a default export is called: the file's name without `.image` and the extension; an `index` has its directory's. */
export function nameOfFile(file: string): string {
  const parts = file.split("/");
  const stem = (path: string | undefined): string => (path ?? "").replace(/(?:\.image)?\.[cm]?[jt]sx?$/, "");
  const name = stem(parts.at(-1));
  return kebabCase(name === "index" && parts.length > 1 ? (parts.at(-2) ?? name) : name);
}
