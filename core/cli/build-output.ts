import type { BuildOptions, BuildResult } from "../toolkit/build-images.ts";
import type { Terminal } from "./command.ts";

/** `2 images, 9 steps: 8 cached, 1 ran, in 0.4s`. */
export function buildSummary({ images, vertices, ms }: BuildResult): string {
  const { total, cached, ran } = vertices;
  return `${images.length} ${images.length === 1 ? "image" : "images"}, ${total} steps: ${cached} cached, ${ran} ran, in ${(ms / 1000).toFixed(1)}s`;
}

/** Told right after the steps, also where the build failed; without a terminal it is part of a document. */
export async function explainTo(terminal: Terminal | undefined): Promise<BuildOptions["explain"]> {
  if (terminal === undefined) return () => undefined;
  const { formatExplained } = await import("./format-why.ts");
  return (vertices) => terminal.err(formatExplained(vertices));
}
