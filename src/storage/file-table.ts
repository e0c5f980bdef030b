// Which content of the artifact store belongs to which tenant.
import { codecOf } from "./columns.ts";
import type { FileRecords, FileRow } from "./records.ts";
import type { Sql } from "./sql.ts";
import { one, run, type Runner, type Step } from "./step.ts";

const codec = codecOf<FileRow>({
  tenant: "text",
  sha256: "text",
  name: "text",
  mime: "text",
  size: "number",
  createdAt: "number",
});

function* find({ db }: Sql, tenant: string, sha256: string): Step<FileRow | undefined> {
  const row = yield* one(
    db.selectFrom("files").selectAll().where("tenant", "=", tenant).where("sha256", "=", sha256),
  );
  return row && codec.read(row);
}

// The same content keeps the name it came with first.
function* add(using: Sql, file: Omit<FileRow, "createdAt">): Step<FileRow> {
  const row: FileRow = { ...file, createdAt: using.clock.now() };
  yield* run(
    using.db
      .insertInto("files")
      .values(codec.write(row))
      .onConflict((conflict) => conflict.columns(["tenant", "sha256"]).doNothing()),
  );
  return (yield* find(using, file.tenant, file.sha256)) ?? row;
}

export const createFileTable = (using: Sql, runner: Runner): FileRecords => ({
  add: (file) => runner.write(() => add(using, file)),
  find: (tenant, sha256) => runner.read(() => find(using, tenant, sha256)),
});
