/** What a module throws that never came to an end, for all that wait for it. */
export class ModuleStuck extends Error {
  readonly file: string;

  constructor(file: string) {
    super(`${file} does not end`);
    this.name = "ModuleStuck";
    this.file = file;
  }
}
