// How long the long-term store keeps things, and by which model it finds them: `store` of langgraph.json.
import { Embeddings } from "@langchain/core/embeddings";
import type { StoreIndex, StoreOptions } from "../../checkpoints/index.ts";
import { TuttiError } from "../errors.ts";
import type { GraphModules } from "./graph-modules.ts";
import { loadExport, type StoreField } from "./langgraph-extras.ts";

/** A plain function from texts to vectors, as langgraph.json may name one. */
class GivenEmbeddings extends Embeddings {
  private readonly embed: (texts: string[]) => Promise<number[][]>;

  constructor(embed: (texts: string[]) => Promise<number[][]>) {
    super({});
    this.embed = embed;
  }

  override async embedDocuments(texts: string[]): Promise<number[][]> {
    return await this.embed(texts);
  }

  override async embedQuery(text: string): Promise<number[]> {
    const [vector] = await this.embed([text]);
    if (vector !== undefined) return vector;
    throw new TuttiError("MODEL_OUTPUT", "the function that embeds texts gave no vector");
  }
}

const isEmbeddings = (value: unknown): value is Embeddings =>
  typeof value === "object" && value !== null && "embedQuery" in value && "embedDocuments" in value;

const embeddingsOf = async (
  { embed, dims }: NonNullable<StoreField["index"]>,
  modules: GraphModules,
): Promise<StoreIndex["embeddings"]> => {
  const [provider = "", model = ""] = embed.split(/:(.*)/s);
  if (provider === "openai") {
    const { openaiEmbeddings } = await import("../models/index.ts");
    return openaiEmbeddings(model, dims);
  }
  if (!/\.[cm]?[jt]s$/.test(provider))
    throw new TuttiError("CONFIG_INVALID", `langgraph.json: store.index.embed: "${embed}"`, {
      hint: 'name "openai:MODEL" (OPENAI_BASE_URL for other servers) or "./file.ts:export"',
    });
  const given = await loadExport(modules, embed);
  if (isEmbeddings(given)) return given;
  if (typeof given === "function")
    return new GivenEmbeddings(given as (texts: string[]) => Promise<number[][]>);
  throw new TuttiError(
    "CONFIG_INVALID",
    `langgraph.json: ${embed} is neither embeddings nor a function`,
  );
};

/** Throws CONFIG_INVALID. */
export const storeOptions = async (
  field: StoreField | undefined,
  modules: GraphModules,
): Promise<StoreOptions> => {
  const { ttl, index } = field ?? {};
  return {
    ...(ttl?.default_ttl === undefined ? {} : { ttl: ttl.default_ttl * 60_000 }),
    ...(ttl?.refresh_on_read === undefined ? {} : { refreshOnRead: ttl.refresh_on_read }),
    ...(index === undefined
      ? {}
      : {
          index: {
            embeddings: await embeddingsOf(index, modules),
            dims: index.dims,
            model: index.embed,
            ...(index.fields === undefined ? {} : { fields: index.fields }),
          },
        }),
  };
};
