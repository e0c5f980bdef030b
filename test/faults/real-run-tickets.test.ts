import { describeRealRun } from "./describe-real-run.ts";

describeRealRun("tickets");
