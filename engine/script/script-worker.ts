/**
 * The worker thread of the script pool. Runs one job after the other, each in a realm that shows nothing of another
 * message.
 */
import { workerData, type MessagePort } from 'node:worker_threads';
import { createExpressionRunner } from './run-expression.ts';
import { createScriptRunner } from './run-script.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';

const [scripts, runExpression] = await Promise.all([createScriptRunner(), createExpressionRunner()]);
const port = workerData as MessagePort;

/** How long it continues with the jobs of one turn, while those of other keys wait. */
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
