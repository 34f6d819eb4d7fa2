/** The test harness for authors of nodes: `kangqiao/testing`. */
export { fakeClock, type FakeClock } from './fake-clock.ts';
export { listenTrigger, type ListeningTrigger, type ListenTriggerOptions } from './listen-trigger.ts';
export { memoryBlobs } from './memory-blobs.ts';
export { runFlow, type RunFlowOptions } from './run-flow.ts';
export { runNode, type RunNodeOptions, type TestAdapter } from './run-node.ts';
export { wallClock } from './wall-clock.ts';
