// The whole command line on one page. What a command does is in commands/, loaded when it is called.
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { asTuttiError } from "../errors.ts";
import { EXIT, exitCodeOfError } from "./exit-code.ts";
import { errorText } from "./format.ts";
import type { CliHost, Command as Action } from "./platform.ts";

const EXIT_CODES = `
Exit codes: 0 finished; 2 refused, nothing has changed; 3 waiting for a person; 4 failed;
5 paused, at a limit or by Ctrl-C.`;

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

const several = (path: string, before: string[] | undefined): string[] => [...(before ?? []), path];

/** Runs an action with what was given. */
type Call = <Given>(load: () => Promise<Action<Given>>, given: Given) => Promise<void>;

const build = (host: CliHost, call: Call): Command => {
  const program = new Command("tutti")
    .description("Turns a goal and data into a checked, approved, finished result.")
    .version(host.version, "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .addHelpText("after", EXIT_CODES)
    .showSuggestionAfterError()
    .showHelpAfterError("(--help shows what there is)");

  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .helpOption("-h, --help", "print help")
      .option("--data <folder>", `where threads, checkpoints and files are kept (${host.data})`)
      .option("--server <url>", "work on a server instead of a data folder")
      .option("--key <key>", "its API key (TUTTI_API_KEY)")
      .option("--json", "JSON instead of text, one value a line");
  const runs = (name: string, description: string): Command =>
    command(name, description).option("--by <name>", `who decides, for the record (${host.user})`);

  runs("run", "turn a goal and files into a checked, approved, finished result")
    .argument("<goal>", "what is to be done, in plain words")
    .option(
      "--file <path>",
      "CSV, TSV, JSON, Parquet, XLSX, PDF, DOCX, HTML, text; repeat it for more",
      several,
    )
    .option("--out <folder>", "folder for the finished files")
    .option("--force", "write into --out although it is not empty")
    .option("--budget <limits>", "what it may spend, e.g. 2.50eur,200ktok,50calls,40steps,10min")
    .option("--review <points>", "where a person signs off: plan, result, or plan,result")
    .option("--concurrency <n>", "tasks worked on at the same time (4)", wholeNumber(1, 64))
    .option("--graph <id>", "graph of langgraph.json (orchestrator)")
    .action((goal: string, given: object) =>
      call(async () => (await import("./commands/run.ts")).run, { goal, ...given }),
    );
  command("threads", "list the threads, the latest first")
    .option("--limit <n>", "how many (20)", wholeNumber(1, 10_000))
    .action((given: object) =>
      call(async () => (await import("./commands/threads.ts")).threads, given),
    );
  command("show", "show a thread: plan, checks, reviews, files, lineage, cost")
    .argument("<thread>", "id, or the beginning of one")
    .option("--task <id>", "one task in full: its results, SQL and sources")
    .option("--out <folder>", "copy the finished files there")
    .option("--force", "write into --out although it is not empty")
    .action((thread: string, given: object) =>
      call(async () => (await import("./commands/show.ts")).show, { thread, ...given }),
    );
  runs("resume", "answer a thread's question, or go on with one that was stopped")
    .argument("<thread>", "id, or the beginning of one")
    .option("--approve", "yes; for a limit or a failure: go on")
    .option("--reject [why]", "no; with words a plan or a result is made anew")
    .option("--edit <file>", "JSON file with what is approved instead")
    .option("--respond <text>", "an answer in words, or a JSON object that fills the form")
    .option("--task <id>", "which question is meant, when there are several")
    .action((thread: string, given: object) =>
      call(async () => (await import("./commands/resume.ts")).resume, { thread, ...given }),
    );
  runs("ask", "ask a finished thread for a change or for more; what is verified is kept")
    .argument("<thread>", "id, or the beginning of one")
    .argument("<text>", 'e.g. "now by quarter, and add margins"')
    .option(
      "--file <path>",
      "one more file, or a newer version of one; repeat it for more",
      several,
    )
    .option("--out <folder>", "another folder for the finished files")
    .option("--force", "write into --out although it is not empty")
    .action((thread: string, text: string, given: object) =>
      call(async () => (await import("./commands/ask.ts")).ask, { thread, text, ...given }),
    );
  runs("demo", "the main job on the example data, with no key and no server")
    .option("--out <folder>", "folder for the finished files (report)")
    .option("--force", "write into --out although it holds something else")
    .action((given: object) => call(async () => (await import("./commands/demo.ts")).demo, given));

  addServer(program, host, call);

  const keys = program
    .command("keys")
    .description("API keys of the server: create, list, revoke")
    .helpOption("-h, --help", "print help");
  addKeys(keys, host, call);

  const policy = program
    .command("policy")
    .description("policies of what may be called: check, test, why")
    .helpOption("-h, --help", "print help");
  addPolicy(policy, call);

  const care = program
    .command("db")
    .description("look after the database: stats, verify, prune, export, import, backup")
    .helpOption("-h, --help", "print help");
  addCare(care, host, call);

  for (const each of [
    program,
    ...program.commands,
    ...keys.commands,
    ...policy.commands,
    ...care.commands,
  ])
    each
      .exitOverride()
      .configureOutput({ writeOut: host.terminal.out, writeErr: host.terminal.err });
  return program;
};

/** The commands that stay until they are stopped. */
const addServer = (program: Command, host: CliHost, call: Call): void => {
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .helpOption("-h, --help", "print help")
      .option("--data <folder>", `where everything is kept without DATABASE_URL (${host.data})`)
      .option("--config <file>", "langgraph.json of another project, whose graphs are served")
      .option("--concurrency <n>", "runs worked on at the same time (10)", wholeNumber(1, 1000));
  command("serve", "the Agent Server API, for Studio, SDKs, inboxes and `--server`")
    .option("--port <n>", "port to listen on; 0 takes a free one (2024)", wholeNumber(0, 65_535))
    .option("--host <address>", "address to listen on (127.0.0.1)")
    .option("--no-worker", "only the API: runs are worked on by `tutti worker`")
    .action((given: object) =>
      call(async () => (await import("./commands/serve.ts")).serve, given),
    );
  command("worker", "work on the runs of a PostgreSQL database; start any number").action(
    (given: object) => call(async () => (await import("./commands/serve.ts")).worker, given),
  );
};

/** The commands of `tutti keys`. */
const addKeys = (keys: Command, host: CliHost, call: Call): void => {
  const command = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .helpOption("-h, --help", "print help")
      .option("--data <folder>", `the data folder, without DATABASE_URL (${host.data})`)
      .option("--json", "JSON instead of text, one value a line");
  const load = () => import("./commands/keys.ts");
  command("create", "make a key; it is printed once")
    .requiredOption("--name <name>", "what it is for")
    .option("--role <role>", "admin, runner, reviewer or viewer (runner)")
    .option("--tenant <name>", "whose things it sees (default)")
    .option("--days <n>", "how long it is good for (for ever)", wholeNumber(1, 36_500))
    .action((given: { name: string }) => call(async () => (await load()).createKey, given));
  command("list", "list the keys; they themselves are not kept").action((given: object) =>
    call(async () => (await load()).listKeys, given),
  );
  command("revoke", "put a key out of force, at once")
    .argument("<id>", "id, or the beginning of one")
    .action((id: string, given: object) =>
      call(async () => (await load()).revokeKey, { id, ...given }),
    );
};

/** The commands of `tutti policy`. */
const addPolicy = (policy: Command, call: Call): void => {
  const command = (name: string, description: string): Command =>
    policy
      .command(name)
      .description(description)
      .helpOption("-h, --help", "print help")
      .option("--json", "JSON instead of text, one value a line");
  const load = () => import("./commands/policy.ts");
  const folder = "where the policies are (TUTTI_POLICIES, else policies/ of the project)";
  command("check", "read, validate and lint the policies")
    .argument("[folder]", folder)
    .option("--schema", "print the schema that policies are written against")
    .action((from: string | undefined, given: object) =>
      call(async () => (await load()).checkPolicy, { policies: from, ...given }),
    );
  command("test", "run a table of cases against the policies")
    .argument("<file>", "YAML: calls, and how each is to be decided")
    .option("--policies <folder>", folder)
    .action((file: string, given: object) =>
      call(async () => (await load()).testPolicy, { file, ...given }),
    );
  command("why", "explain how one call is decided, and by which policies")
    .argument("<call>", "JSON of the call, or a file that holds it")
    .option("--policies <folder>", folder)
    .action((asked: string, given: object) =>
      call(async () => (await load()).explainPolicy, { call: asked, ...given }),
    );
};

/** The commands of `tutti db`. */
const addCare = (db: Command, host: CliHost, call: Call): void => {
  const command = (name: string, description: string): Command =>
    db
      .command(name)
      .description(description)
      .helpOption("-h, --help", "print help")
      .option("--data <folder>", `the data folder (${host.data})`)
      .option("--url <url>", "another database: sqlite:PATH or postgres://…")
      .option("--json", "JSON instead of text, one value a line");
  const load = () => import("./commands/db.ts");
  command("stats", "counts, bytes and schema version").action((given: object) =>
    call(async () => (await load()).dbStats, given),
  );
  command("verify", "read everything, and name the threads that damage touches").action(
    (given: object) => call(async () => (await load()).dbVerify, given),
  );
  command("prune", "remove old checkpoints; threads stay where they stand")
    .option("--keep <n>", "newest checkpoints to keep of each thread (1)", wholeNumber(1, 1e6))
    .option("--older-than <days>", "remove only what is older", wholeNumber(0, 1e5))
    .action((given: object) => call(async () => (await load()).dbPrune, given));
  command("export", "write all threads and memory to a file, in the clear")
    .argument("<file>", "must not exist")
    .action((file: string, given: object) =>
      call(async () => (await load()).dbExport, { file, ...given }),
    );
  command("import", "take in an export, or another database")
    .argument("<from>", "a file that export wrote, sqlite:PATH or postgres://…")
    .action((from: string, given: object) =>
      call(async () => (await load()).dbImport, { from, ...given }),
    );
  command("backup", "copy the database while others work with it")
    .argument("<file>", "must not exist")
    .action((file: string, given: object) =>
      call(async () => (await load()).dbBackup, { file, ...given }),
    );
};

/** Runs one command line (without program and script names); answers the exit code. Never throws. */
export const runCli = async (host: CliHost, args: readonly string[]): Promise<number> => {
  let code: number = EXIT.finished;
  const program = build(host, async (load, given) => {
    code = await (await load())(host, given);
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (caught) {
    if (caught instanceof CommanderError) return caught.exitCode === 0 ? 0 : EXIT.usage;
    const error = asTuttiError(caught);
    host.terminal.err(errorText(error, host.terminal.ansi));
    return exitCodeOfError(error);
  }
};
