/** The worker thread of the script pool: one job after the other, each in a realm that shows it nothing of another message. */
import { workerData, type MessagePort } from 'node:worker_threads';
import { createExpressionRunner } from './run-expression.ts';
import { createScriptRunner } from './run-script.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';

const [scripts, runExpression] = await Promise.all([createScriptRunner(), createExpressionRunner()]);
const port = workerData as MessagePort;

port.on('message', (job: ScriptJob) => {
  port.postMessage(job.kind === 'expression' ? runExpression(job) : scripts.run(job));
  scripts.makeReady();
});
port.postMessage({} satisfies ScriptAnswer);
