/**
 * The worker thread of the script pool. It runs one job after the other, each in a realm that contains no data of
 * another message.
 */
import { workerData, type MessagePort } from 'node:worker_threads';
import { createExpressionRunner } from './run-expression.ts';
import { createScriptRunner } from './run-script.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';

const [scripts, runExpression] = await Promise.all([createScriptRunner(), createExpressionRunner()]);
const port = workerData as MessagePort;

/** Milliseconds after which the thread starts no further job of a turn, because jobs of other keys wait. */
const TURN_MS = 5;

port.on('message', (jobs: readonly ScriptJob[]) => {
  const turnEnds = performance.now() + TURN_MS;
  for (const job of jobs) {
    const before = process.threadCpuUsage();
    const ran = job.kind === 'expression' ? runExpression(job) : scripts.run(job);
    const { user, system } = process.threadCpuUsage(before);
    const answer = { ...ran, computedMs: (user + system) / 1000 };
    const endsTurn = answer.isLast ?? performance.now() > turnEnds;
    port.postMessage(endsTurn ? ({ ...answer, endsTurn } satisfies ScriptAnswer) : answer);
    scripts.makeReady();
    if (endsTurn) return;
  }
});
port.postMessage({} satisfies ScriptAnswer);
