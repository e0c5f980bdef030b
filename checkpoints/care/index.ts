// Care for data: what `tutti db` offers.
export { backup, rotate, stats } from "./maintain.ts";
export { pruneThread, type PruneOptions, type Pruned } from "./prune.ts";
export { rollBack } from "./roll-back.ts";
export { allThreads, copyThread, sweep } from "./threads.ts";
export { exportTo, importFrom, importFromSaver, transfer, type Transferred } from "./transfer.ts";
export { verify, type Damage, type Verified } from "./verify.ts";
