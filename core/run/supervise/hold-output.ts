import type { OutputSink } from "../../oci/runtime/sandbox.ts";

export interface HeldOutput {
  readonly sink: OutputSink;
  /** Lets everything through from now on. */
  readonly release: () => void;
  /** What is held and what comes is thrown away. */
  readonly drop: () => void;
}

/**
 * Keeps back what comes before a container's command is known to run: a runtime that cannot start it writes its complaint
 * where the command would have written.
 */
export function holdOutput(output: OutputSink): HeldOutput {
  let settle: (passes: boolean) => void = () => undefined;
  let passes: boolean | undefined;
  const settled = new Promise<boolean>((resolve) => {
    settle = (value) => {
      passes ??= value;
      resolve(value);
    };
  });
  return {
    sink: (stream, chunk) => {
      if (passes === true) return output(stream, chunk);
      return settled.then((value) => (value ? output(stream, chunk) : undefined));
    },
    release: () => settle(true),
    drop: () => settle(false),
  };
}
