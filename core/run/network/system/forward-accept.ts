import { mustRun, findProgram, runProgram } from "./run-program.ts";

/*
 * docker, and some firewalls, set iptables' FORWARD chain to DROP, and accepting in a table of one's own does not override
 * that. docker leaves a chain for others, DOCKER-USER; elsewhere the rules go to the head of FORWARD itself.
 */

const mark = "tsdock";

const rulesFor = (bridge: string): readonly string[] => {
  const comment = `-m comment --comment ${mark} -j ACCEPT`;
  return [
    `-i ${bridge} ${comment}`,
    `-o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED ${comment}`,
    `-o ${bridge} -m conntrack --ctstate DNAT ${comment}`,
  ];
};

/** Lets what a bridge forwards pass where others would drop it. Nothing to do where nobody does. */
export async function acceptForwarding(bridge: string, signal: AbortSignal): Promise<void> {
  const listed = await listFilter(signal);
  if (listed === undefined || !/^-P FORWARD DROP$/m.test(listed)) return;
  if (ownRules(listed, bridge).length > 0) return;
  const chain = /^-N DOCKER-USER$/m.test(listed) ? "DOCKER-USER" : "FORWARD";
  await restore(
    rulesFor(bridge).map((rule) => `-I ${chain} ${rule}`),
    signal,
  );
}

/** Removes exactly those rules. */
export async function forgetForwarding(bridge: string, signal: AbortSignal): Promise<void> {
  const listed = await listFilter(signal);
  const own = listed === undefined ? [] : ownRules(listed, bridge);
  if (own.length > 0)
    await restore(
      own.map((rule) => rule.replace(/^-A/, "-D")),
      signal,
    );
}

const ownRules = (listed: string, bridge: string): readonly string[] =>
  listed
    .split("\n")
    .filter((line) => line.includes(` ${bridge} `) && new RegExp(`--comment "?${mark}"? `).test(line));

/** iptables is only of interest where somebody uses it: not installed means that nobody does. */
async function listFilter(signal: AbortSignal): Promise<string | undefined> {
  const iptables = findProgram("iptables");
  if (iptables === undefined) return undefined;
  const { status, stdout } = await runProgram([iptables, "-w", "5", "-S"], "", signal);
  // A kernel without the table has no rules in it either.
  return status === 0 ? stdout : undefined;
}

async function restore(rules: readonly string[], signal: AbortSignal): Promise<void> {
  const program = findProgram("iptables-restore");
  if (program === undefined) return;
  await mustRun([program, "-w", "5", "--noflush"], `${["*filter", ...rules, "COMMIT"].join("\n")}\n`, signal);
}
