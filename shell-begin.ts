import { globalsBeside } from "./core/cli/common-options.ts";
import { runOptions } from "./core/cli/container-options.ts";
import type { OptionSpec } from "./core/cli/command.ts";
import { nodeFlags } from "./core/util/node-flags.ts";

/*
 * The first lines of the programs are a shell's, which starts Node. `env -S` is not everywhere, and Node reads `--env-file` wherever it
 * stands on the command line unless a `--` comes before: it is an option of ours, and what is in such a file is not meant for Node.
 */

const options: readonly OptionSpec[] = [...runOptions, ...globalsBeside(runOptions)];

const takesValue = ({ flags }: OptionSpec): boolean => flags.includes("<");
const flagsOf = (wanted: (option: OptionSpec) => boolean, form: RegExp): readonly string[] =>
  options.filter(wanted).flatMap(({ flags }) => flags.split(/[ ,]+/).filter((flag) => form.test(flag)));

const long = /^--./;
const short = /^-[^-]$/;
const letters = (flags: readonly string[]): string => flags.map((flag) => flag.slice(1)).join("");
const switches = letters(flagsOf((option) => !takesValue(option), short)).replace("d", "");

/** Sets `d` where the words, of which the first is the command, ask for a detached container; as commander reads them. */
export const findDetach: readonly string[] = [
  "d= s=1",
  "for w do",
  '  [ -z "$s" ] || { s=; continue; }',
  "  case $w in",
  "  --detach) d=1; break ;;",
  `  ${flagsOf(takesValue, long).join("|")}) s=1; continue ;;`,
  "  -- | [!-]* | - | '') break ;;",
  "  --*) continue ;;",
  "  esac",
  `  while :; do case $w in -[${switches}]?*) w=-\${w#-?} ;; *) break ;; esac; done`,
  `  case $w in -d*) d=1; break ;; -[${letters(flagsOf(takesValue, short))}]) s=1 ;; esac`,
  "done",
];

const node = `node ${nodeFlags.join(" ")} -- "$0" "$@"`;

/**
 * For JavaScript a text and a comment. `run -d` begins in the background: Node is the container's supervisor from then on, and tells this
 * shell by SIGUSR1 that it runs. See docs/decisions/0032 and core/cli/waiting-shell.ts.
 */
export const shellBegin = [
  "#!/bin/sh",
  '":" /*',
  `if [ "$1" = run ]; then`,
  ...findDetach,
  'if [ "$d" ] && command -v setsid >/dev/null; then',
  "  n= c=127",
  "  trap 'exit 0' USR1",
  "  for s in HUP INT QUIT TERM; do trap 't=1; [ -z \"$n\" ] || kill -'$s' $n 2>/dev/null' $s; done",
  `  TSDOCK_SHELL=$$ setsid ${node} <&0 &`,
  "  n=$!",
  // A signal ends a wait with more than 128; what was waited for before gives 127.
  '  while t=; wait $n; r=$?; [ $r -eq 127 ] || c=$r; [ "$t" ] && [ $r -gt 128 ]; do :; done',
  '  [ $c -ne 137 ] || { echo "tsdock: the process that runs the container was killed" >&2; c=125; }',
  "  exit $c",
  "fi; fi",
  `exec ${node}`,
  "*/",
  "",
].join("\n");
