import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { Worker } from "../../../core/toolkit/watch/start-worker.ts";
import { processesWith } from "../../support/processes.ts";
import { plainBuild, ToolkitWorkspace } from "../../support/toolkit-workspace.ts";

const self = { tsdock: pathToFileURL(path.resolve(import.meta.dirname, "../../../core/index.ts")).href };
it("a worker that is killed tells how it ended, though it is spoken to when it is no longer there", async () => {
  await using one = new ToolkitWorkspace();
  one.write("a.image.ts", 'import { image, scratch } from "tsdock"; export const a = image().from(scratch);');
  const worker = new Worker(one.host(), self);
  const { explain: _explain, ...options } = plainBuild;
  const outcome = await worker.run(
    { options, explain: false, single: false, cwd: one.directory },
    {
      emit: () => undefined,
      explain: undefined,
      signal: new AbortController().signal,
      watched: () => {
        for (const line of processesWith(one.home)) process.kill(Number(line.split(" ")[0]), "SIGKILL");
        // It has closed its end of the channel, and this process has not seen that yet.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      },
    },
  );
  expect(outcome).toMatchObject({
    type: "failed",
    error: { code: "WATCH_WORKER_ENDED", message: expect.stringContaining("SIGKILL") as string },
  });
});
