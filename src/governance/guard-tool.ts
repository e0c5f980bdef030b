// A tool whose every call goes through the guards.
import {
  StructuredTool,
  type StructuredToolInterface,
  type ToolRunnableConfig,
} from "@langchain/core/tools";
import { chainTool, type CallContext, type Guard, type ToolNext } from "./guard.ts";

/** The tool behind the guards; the first guard is the outermost. */
export const guardTool = (
  tool: StructuredToolInterface,
  guards: readonly Guard[],
  context: CallContext,
): StructuredToolInterface => new GuardedTool(tool, guards, context);

class GuardedTool extends StructuredTool {
  override name: string;
  override description: string;
  override schema: StructuredToolInterface["schema"];
  private readonly guarded: ToolNext;
  private readonly inner: StructuredToolInterface;

  constructor(inner: StructuredToolInterface, guards: readonly Guard[], context: CallContext) {
    super(inner instanceof StructuredTool && inner.metadata ? { metadata: inner.metadata } : {});
    this.name = inner.name;
    this.description = inner.description;
    this.schema = inner.schema;
    this.returnDirect = inner.returnDirect;
    if (inner.extras !== undefined) this.extras = inner.extras;
    if (inner instanceof StructuredTool && inner.responseFormat !== undefined) {
      this.responseFormat = inner.responseFormat;
    }
    this.inner = inner;
    this.guarded = chainTool(guards, context, callTool);
  }

  // The inner tool parses its arguments and tells the callbacks; doing so here too would do both twice.
  override invoke(input: never, config?: ToolRunnableConfig): Promise<never> {
    return this.guarded({ tool: this.inner, input, config }) as Promise<never>;
  }

  /** The deprecated way in. */
  override call(input: never, config?: ToolRunnableConfig): Promise<never> {
    return this.invoke(input, config);
  }

  protected override _call(input: never): Promise<never> {
    return this.invoke(input);
  }
}

const callTool: ToolNext = ({ tool, input, config }) => tool.invoke(input as never, config);
