import type { Invocation } from "./command.ts";

type Table = Invocation["table"];

export const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

interface Words {
  /** The command's words joined by a space; `""` is the top. */
  readonly at: string;
  readonly words: readonly string[];
}

const longFlags = (flags: readonly { readonly flags: string }[]): readonly string[] =>
  flags.flatMap(({ flags: text }) => /--[a-z-]+/.exec(text)?.[0] ?? []);

/** What may follow each command, from the table that the parser itself uses. */
function wordTable({ commands, globalOptions }: Table): readonly Words[] {
  const names = commands.map((command) => command.name);
  const groups = [
    ...new Set(names.filter((name) => name.includes(" ")).map((name) => name.split(" ")[0] ?? "")),
  ];
  const top = {
    at: "",
    words: [...new Set([...names.map((name) => name.split(" ")[0] ?? ""), ...longFlags(globalOptions)])],
  };
  const inGroups = groups.map((group) => ({
    at: group,
    words: names.filter((name) => name.startsWith(`${group} `)).map((name) => name.slice(group.length + 1)),
  }));
  return [
    top,
    ...inGroups,
    ...commands.map((command) => ({
      at: command.name,
      words: longFlags([...command.options, ...globalOptions]),
    })),
  ];
}

export function completionScript(shell: Shell, all: Table): string {
  const table = wordTable(all);
  if (shell === "fish") return fishScript(table);
  const cases = table.map(({ at, words }) => `    "${at}") words="${words.join(" ")}" ;;`).join("\n");
  const bash = `_tsdock() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _tsdock tsdock
`;
  return shell === "bash" ? bash : `autoload -U +X bashcompinit && bashcompinit\n${bash}`;
}

function fishScript(table: readonly Words[]): string {
  const lines = table.flatMap(({ at, words }) => {
    const [first, second] = at.split(" ");
    const condition =
      at === ""
        ? "__fish_use_subcommand"
        : [first, second]
            .filter(Boolean)
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join("; and ");
    const plain = words.filter((word) => !word.startsWith("-"));
    const flags = words
      .filter((word) => word.startsWith("--"))
      .map((word) => `complete -c tsdock -n '${condition}' -l ${word.slice(2)}`);
    return [
      ...(plain.length === 0 ? [] : [`complete -c tsdock -n '${condition}' -a '${plain.join(" ")}'`]),
      ...flags,
    ];
  });
  return `${lines.join("\n")}\n`;
}
