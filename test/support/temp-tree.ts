import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** A directory of a test, with files by relative path; removed by `dispose`. */
export interface TempTree extends Disposable {
  /** Absolute, without symbolic links. */
  readonly root: string;
  path(relative: string): string;
  write(relative: string, text: string): string;
}

export function tempTree(files: Readonly<Record<string, string>> = {}): TempTree {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-test-")));
  const tree: TempTree = {
    root,
    path: (relative) => path.join(root, relative),
    write(relative, text) {
      const file = path.join(root, relative);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
      return file;
    },
    [Symbol.dispose]: () => fs.rmSync(root, { recursive: true, force: true }),
  };
  for (const [relative, text] of Object.entries(files)) tree.write(relative, text);
  return tree;
}
