import { TsdockError } from "../../errors/tsdock-error.ts";
import { login as logIn, type LoginRequest, type LoginResult } from "../../toolkit/login.ts";
import type { CommandAction, ParsedOptions, Terminal } from "../command.ts";
import { flagOption, textOption } from "../options.ts";
import { ask, canAsk, readInput } from "../prompt.ts";

export const login: CommandAction = async ({ options, args, terminal, host }) => {
  const result = await logIn({ server: args[0], ...questions(options, terminal) }, host);
  for (const line of remarks(result)) terminal.err(`${line}\n`);
  terminal.out("Login Succeeded\n");
  return 0;
};

function questions(options: ParsedOptions, terminal: Terminal): Omit<LoginRequest, "server"> {
  const username = textOption(options, "username");
  const password = textOption(options, "password");
  const fromInput = flagOption(options, "passwordStdin");
  if (fromInput && username === undefined)
    throw new TsdockError("USAGE", "--password-stdin needs --username", {
      hint: "write tsdock login -u NAME --password-stdin",
    });
  if (fromInput && password !== undefined)
    throw new TsdockError("USAGE", "--password and --password-stdin exclude each other");
  if (password !== undefined)
    terminal.err("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n");
  return {
    tryKnown: username === undefined && password === undefined,
    async ask() {
      if (fromInput) return { username: username ?? "", password: await passwordFromInput() };
      const name = username ?? (await question("Username: ", false));
      return { username: name, password: password ?? (await question("Password: ", true)) };
    },
  };
}

/** Without the end of its line, which `echo` adds. */
async function passwordFromInput(): Promise<string> {
  const password = (await readInput()).replace(/\r?\n$/, "");
  if (password !== "") return password;
  throw new TsdockError("USAGE", "the password on standard input is empty");
}

async function question(text: string, hidden: boolean): Promise<string> {
  if (!canAsk())
    throw new TsdockError("LOGIN_NOT_POSSIBLE", "Cannot perform an interactive login from a non TTY device", {
      hint: "give -u NAME and the password on standard input: --password-stdin",
    });
  const answer = await ask({ text, hidden });
  const given = hidden ? answer : answer.trim();
  if (given !== "") return given;
  throw new TsdockError("USAGE", `${hidden ? "a password" : "a name"} is needed`);
}

function remarks({ registry, kept, verified }: LoginResult): readonly string[] {
  const lines: string[] = [];
  if (kept === "known") lines.push("Authenticating with existing credentials...");
  else if ("file" in kept)
    lines.push(
      `WARNING! Your password will be stored unencrypted in ${kept.file}.`,
      "Configure a credential helper to remove this warning: credsStore or credHelpers in that file.",
    );
  if (!verified)
    lines.push(`WARNING! ${registry} asks nobody who they are: the password could not be verified.`);
  return lines;
}
