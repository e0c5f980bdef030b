// Search by meaning where the extension pgvector is: the same answers as the plain SQL gives without it.
import { Embeddings } from "@langchain/core/embeddings";
import { Client } from "pg";
import { open, type Persistence } from "../../checkpoints/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";

const server = await startPostgres();

const createExtension = async (url: string): Promise<boolean> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("CREATE EXTENSION vector");
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.warn(
      `\n*** The tests of pgvector are SKIPPED, plain SQL stands in for it: ${why}\n` +
        "*** They run with DATABASE_URL of a server that has the extension.\n",
    );
    return false;
  } finally {
    await client.end();
  }
};

const hasVector = "url" in server && (await createExtension(server.url));
if (!hasVector && "stop" in server) await server.stop();

/** A direction for each letter: texts with the same letters mean the same. */
class LetterEmbeddings extends Embeddings {
  constructor() {
    super({});
  }
  override async embedQuery(text: string): Promise<number[]> {
    return Array.from("abcdef", (letter) => text.split(letter).length - 1 + 0.01);
  }
  override embedDocuments(texts: string[]): Promise<number[][]> {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

const openStore = (url: string): Promise<Persistence> =>
  open(url, {
    store: {
      index: { embeddings: new LetterEmbeddings(), dims: 6, model: "letters", fields: ["text"] },
    },
  });

const statementsOf = ({ pool }: Persistence): string[] => {
  const sent: string[] = [];
  const spied = pool as unknown as { query: (text: string, values: unknown[]) => unknown };
  const query = spied.query.bind(spied);
  spied.query = (text, values) => {
    sent.push(text);
    return query(text, values);
  };
  return sent;
};

describe.runIf(hasVector)("PostgreSQL with pgvector", () => {
  afterAll(() => ("stop" in server ? server.stop() : undefined));

  it("finds what plain SQL finds, in the same order and with the same scores", async () => {
    const { url } = server as { url: string };
    const texts = ["aab", "abc", "bcd", "cde", "def", "fff", "aef", "bbb", "acf", "dda"];
    const search = async ({ store }: Persistence) =>
      (await store.search(["notes"], { query: "abd", limit: 6 })).map(({ key, score }) => ({
        key,
        score: Number(score?.toFixed(6)),
      }));
    const persistence = await openStore(url);
    for (const text of texts) await persistence.store.put(["notes"], text, { text });
    const sent = statementsOf(persistence);
    const found = await search(persistence);
    expect(sent.some((text) => text.includes("<=>"))).toBe(true);
    expect(found).toHaveLength(6);
    await persistence.pool?.query("DROP EXTENSION vector");
    await persistence.close();

    const plain = await openStore(url);
    const sentPlain = statementsOf(plain);
    expect(await search(plain)).toEqual(found);
    expect(sentPlain.some((text) => text.includes("<=>"))).toBe(false);
    await plain.close();
  });
});
