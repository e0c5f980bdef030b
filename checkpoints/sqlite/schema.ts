// The tables of checkpoints in SQLite. Migrations only go forward: add one at the end, never change one.
import type { Database } from "better-sqlite3";
import { CheckpointError } from "../errors.ts";
import { keyOf, threadOf } from "./value-key.ts";

const MIGRATIONS = [
  `CREATE TABLE cp_counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO cp_counters VALUES ('id', 1);
   CREATE TABLE cp_threads (
     id INTEGER PRIMARY KEY, thread TEXT NOT NULL UNIQUE, generation INTEGER NOT NULL,
     token INTEGER NOT NULL DEFAULT 0, touched INTEGER NOT NULL, ttl INTEGER, graph TEXT);
   CREATE TABLE cp_shapes (key BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE cp_values (
     thread INTEGER NOT NULL, id INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (thread, id)) WITHOUT ROWID;
   CREATE TABLE cp_lists (
     thread INTEGER NOT NULL, list INTEGER NOT NULL, position INTEGER NOT NULL, base INTEGER,
     items BLOB NOT NULL, PRIMARY KEY (thread, list, position)) WITHOUT ROWID;
   CREATE TABLE cp_checkpoints (
     thread INTEGER NOT NULL, ns TEXT NOT NULL, id BLOB NOT NULL, head BLOB NOT NULL,
     PRIMARY KEY (thread, ns, id)) WITHOUT ROWID;
   CREATE TABLE cp_writes (
     thread INTEGER NOT NULL, ns TEXT NOT NULL, checkpoint BLOB NOT NULL, n INTEGER NOT NULL,
     pause TEXT, data BLOB NOT NULL, PRIMARY KEY (thread, ns, checkpoint, n)) WITHOUT ROWID;
   CREATE TABLE cp_answers (
     thread INTEGER NOT NULL, checkpoint BLOB NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL,
     by TEXT NOT NULL, PRIMARY KEY (thread, checkpoint, key)) WITHOUT ROWID;
   CREATE TABLE st_items (
     id INTEGER PRIMARY KEY, ns TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, text TEXT,
     created INTEGER NOT NULL, updated INTEGER NOT NULL, ttl INTEGER, expires INTEGER, UNIQUE (ns, key));
   CREATE INDEX st_items_expires ON st_items (expires) WHERE expires IS NOT NULL;
   CREATE VIRTUAL TABLE st_text USING fts5 (text, content='st_items', content_rowid='id', tokenize='unicode61 remove_diacritics 2');
   CREATE TRIGGER st_items_insert AFTER INSERT ON st_items WHEN new.text IS NOT NULL BEGIN
     INSERT INTO st_text (rowid, text) VALUES (new.id, new.text); END;
   CREATE TRIGGER st_items_delete AFTER DELETE ON st_items WHEN old.text IS NOT NULL BEGIN
     INSERT INTO st_text (st_text, rowid, text) VALUES ('delete', old.id, old.text); END;
   CREATE TABLE st_vectors (
     item INTEGER NOT NULL REFERENCES st_items (id), path TEXT NOT NULL, model TEXT NOT NULL, dims INTEGER NOT NULL,
     embedding BLOB NOT NULL, PRIMARY KEY (item, path)) WITHOUT ROWID;
   CREATE TABLE cp_trash (thread INTEGER PRIMARY KEY);
   CREATE INDEX cp_threads_touched ON cp_threads (touched) WHERE ttl IS NOT NULL;`,
  // A checkpoint (n = 0) and the writes on it (from 1) are neighbours in one table, and values are in a
  // rowid table: a step then changes two pages instead of four.
  `CREATE TABLE cp_records (
     thread INTEGER NOT NULL, ns TEXT NOT NULL, checkpoint BLOB NOT NULL, n INTEGER NOT NULL,
     pause TEXT, data BLOB NOT NULL, PRIMARY KEY (thread, ns, checkpoint, n)) WITHOUT ROWID;
   INSERT INTO cp_records SELECT thread, ns, id, 0, NULL, head FROM cp_checkpoints
     UNION ALL SELECT thread, ns, checkpoint, n, pause, data FROM cp_writes;
   DROP TABLE cp_checkpoints;
   DROP TABLE cp_writes;
   ALTER TABLE cp_values RENAME TO cp_values_1;
   CREATE TABLE cp_values (id INTEGER PRIMARY KEY, data BLOB NOT NULL, thread INTEGER AS ${threadOf("id")});
   INSERT INTO cp_values (id, data) SELECT ${keyOf("thread", "id")}, data FROM cp_values_1;
   DROP TABLE cp_values_1;
   INSERT INTO cp_counters SELECT 'thread', value FROM cp_counters WHERE name = 'id';`,
];

/** @throws CheckpointError DATABASE when the schema is newer than this code. */
export const migrate = (database: Database): void => {
  const upgrade = database.transaction(() => {
    database.exec("CREATE TABLE IF NOT EXISTS cp_schema (version INTEGER NOT NULL)");
    const row = database.prepare("SELECT version FROM cp_schema").get() as
      | { version: number }
      | undefined;
    const version = row?.version ?? 0;
    if (version > MIGRATIONS.length) {
      throw new CheckpointError(
        "DATABASE",
        `The database has checkpoint schema ${version}; this version knows ${MIGRATIONS.length}.`,
        {
          hint: "It was written by a newer version. Update, or open a backup from before.",
        },
      );
    }
    for (const sql of MIGRATIONS.slice(version)) database.exec(sql);
    if (version === MIGRATIONS.length) return;
    if (row === undefined)
      database.prepare("INSERT INTO cp_schema VALUES (?)").run(MIGRATIONS.length);
    else database.prepare("UPDATE cp_schema SET version = ?").run(MIGRATIONS.length);
  });
  upgrade.immediate();
};
