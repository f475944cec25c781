import type { CliWorkspace } from "./cli.ts";
import { freePort } from "./free-port.ts";

let count = 0;

/** Starts an image that serves on the port in PORT, asks it for paths, and removes it. Gives what it answered. */
export async function containerAnswers(
  workspace: CliWorkspace,
  image: string,
  paths: readonly string[],
): Promise<readonly string[]> {
  const port = await freePort();
  const name = `answers-${process.pid}-${count++}`;
  const started = await workspace.run([
    ...["run", "-d", "--name", name, "--network", "host", "-e", `PORT=${port}`],
    image,
  ]);
  if (started.exitCode !== 0) throw new Error(started.stderr);
  const ask = (at: string): Promise<string> =>
    fetch(`http://127.0.0.1:${port}${at}`).then((response) => response.text());
  const [first = "/", ...others] = paths;
  try {
    let answer: string | undefined;
    for (let attempt = 0; attempt < 300 && answer === undefined; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer = await ask(first).catch(() => undefined);
    }
    if (answer === undefined) throw new Error((await workspace.run(["logs", name])).stderr);
    return [answer, ...(await Promise.all(others.map(ask)))];
  } finally {
    // the first process of a container heeds no signal but this that it does not ask for
    await workspace.run(["rm", "-f", name]);
  }
}
