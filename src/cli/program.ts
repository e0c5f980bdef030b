// The command line: one file per command under commands/.
import { Command, CommanderError } from "commander";
import { z } from "zod";
import { asTuttiError, TuttiError } from "../errors.ts";
import { addAsk } from "./commands/ask.ts";
import { addDemo } from "./commands/demo.ts";
import { addResume } from "./commands/resume.ts";
import { addRun } from "./commands/run.ts";
import { addShow } from "./commands/show.ts";
import { addThreads } from "./commands/threads.ts";
import { EXIT, exitCodeOfError } from "./exit-code.ts";
import { errorText } from "./format.ts";
import type { CliHost } from "./platform.ts";

const build = (host: CliHost, end: (code: number) => void): Command => {
  const program = new Command("tutti")
    .description("Turns a goal and data into a checked, approved, finished result.")
    .version(host.version, "--version")
    .option("--data <folder>", "where threads, checkpoints and files are kept", host.data)
    .option("--by <name>", "who decides, for the record", host.user)
    .addHelpText(
      "after",
      "\nExit codes: 0 finished, 2 wrong usage, 3 waiting for a person, 4 failed, 5 paused (at a limit or by Ctrl-C).",
    )
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: host.terminal.out, writeErr: host.terminal.err });
  addRun(program, host, end);
  addThreads(program, host);
  addShow(program, host);
  addResume(program, host, end);
  addAsk(program, host, end);
  addDemo(program, host, end);
  for (const command of program.commands)
    command
      .exitOverride()
      .configureOutput({ writeOut: host.terminal.out, writeErr: host.terminal.err });
  return program;
};

const usageError = (error: unknown): unknown =>
  error instanceof z.ZodError ? new TuttiError("USAGE", z.prettifyError(error)) : error;

/** Runs one command line (without program and script names); answers the exit code. Never throws. */
export const runCli = async (host: CliHost, args: readonly string[]): Promise<number> => {
  let code: number = EXIT.finished;
  const program = build(host, (value) => {
    code = value;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (caught) {
    if (caught instanceof CommanderError) return caught.exitCode === 0 ? 0 : EXIT.usage;
    const error = asTuttiError(usageError(caught));
    host.terminal.err(errorText(error, host.terminal.ansi));
    return exitCodeOfError(error);
  }
};
