/** What is known of a framework: its package, what begins, and what may be left out. */
interface FrameworkFacts {
  /** The package that a user of it depends on. */
  readonly package: string;
  /** Relative to the package that is built. */
  readonly entry: string;
  /** Packages that work without their install scripts, as `installScripts` has them. */
  readonly needless: readonly string[];
}

/** Frameworks that `nodeApp()` takes: docs/decisions/0019-frameworks-are-named.md. */
export const frameworks = {
  // its postinstall shows who may be given money
  nest: { package: "@nestjs/core", entry: "dist/main.js", needless: ["!@nestjs/core"] },
  next: { package: "next", entry: "server.js", needless: [] },
} as const satisfies Readonly<Record<string, FrameworkFacts>>;

export type Framework = keyof typeof frameworks;
