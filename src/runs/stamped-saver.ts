// A view of the host's saver for one run: what is saved through it says which run made it. LangGraph's
// own metadata says only the step; histories are searched by the run's.
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { Saver } from "./executable-graph.ts";

type Version = string | number;

export class StampedSaver extends BaseCheckpointSaver<Version> {
  private readonly saver: Saver;
  private readonly stamp: Readonly<Record<string, unknown>>;

  constructor(saver: Saver, stamp: Readonly<Record<string, unknown>>) {
    super(saver.serde);
    this.saver = saver;
    this.stamp = stamp;
  }

  override put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    return this.saver.put(config, checkpoint, { ...this.stamp, ...metadata }, newVersions);
  }

  override putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath?: string,
  ): Promise<void> {
    return this.saver.putWrites(config, writes, taskId, taskPath);
  }

  override getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    return this.saver.getTuple(config);
  }

  override list(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncGenerator<CheckpointTuple> {
    return this.saver.list(config, options);
  }

  override deleteThread(threadId: string): Promise<void> {
    return this.saver.deleteThread(threadId);
  }

  override getDeltaChannelHistory(
    ...given: Parameters<Saver["getDeltaChannelHistory"]>
  ): ReturnType<Saver["getDeltaChannelHistory"]> {
    return this.saver.getDeltaChannelHistory(...given);
  }

  override getNextVersion(current: Version | undefined): Version {
    return this.saver.getNextVersion(current);
  }
}
