/** Describes one execution for people: its steps, its holds and, on request, its data. */
import type { ArchivedExecution } from '../archive/read-archive.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { Message } from '../contract/values/message.ts';
import type { Seal } from '../contract/values/seal.ts';
import { listDoneWrites } from '../execution/done-writes.ts';
import { isOutcomeUnknown, type ExecutionDocument } from '../execution/execution-document.ts';
import type { ListedExecution } from '../execution/execution-query.ts';
import { keepsOutput } from '../execution/leg-payload.ts';
import { foldLegs, listIterationLegs } from '../execution/load-execution.ts';
import { decodeMessage, decodeReply, type Payloads } from '../execution/payloads.ts';
import { NO_WAITS, stepKey, type KnownOutcome, type SettledStep } from '../execution/run-job.ts';
import { listStandstills, nextRetry } from '../execution/standstill.ts';
import { executionPlace } from '../execution/stored-execution.ts';
import type { Emits } from '../plan/progress.ts';
import { outwardKey } from '../run/node-context.ts';
import type { RunDeps } from '../run/run-deps.ts';
import { runGraph } from '../run/run-graph.ts';
import type { ExecutionDetails, ExecutionSummary } from './interface.ts';

export interface DescribeDeps {
  readonly published: PublishedFlows;
  readonly seal: Seal;
  readonly run: RunDeps;
  readonly clock: Clock;
}

/**
 * Returns the details. `parts`: the legs, payloads and late outcomes of the execution, from the store or from the
 * archive.
 */
export async function describeExecution(
  document: ExecutionDocument,
  payload: boolean,
  parts: Omit<ArchivedExecution, 'execution'>,
  deps: DescribeDeps,
): Promise<ExecutionDetails> {
  // If the input is no longer stored, the record was reduced to what its flow records. The iteration legs then expire
  // soon, so they are not shown.
  const iterationLegs = document.input ? await listIterationLegs(document._id, parts.legs) : [];
  const folded = await foldLegs(document, iterationLegs, parts.payloads);
  const late = await parts.lateOutcomes.find({ execution: document._id }, { limit: 100 });
  const details: ExecutionDetails = {
    ...summarise(document, deps.seal),
    ...(folded.error === undefined ? {} : { error: folded.error }),
    isLaneKept: document.open === true && document.lane !== null,
    replays: Object.keys(document.replays ?? {}),
    steps: folded.steps,
    standstills: listStandstills(document, folded, await flowOf(document, deps), deps.seal),
    intents: folded.announced.map(({ node, key, at }) => ({ node, key, at })),
    concluded: concludedOf(document),
    doneWrites: await doneWritesOf(document, folded.known, deps),
    lateOutcomes: late.map(({ node, at, status }) => ({ node, at, status })),
  };
  return payload ? { ...details, ...(await payloadOf(document, folded.known, parts.payloads, deps)) } : details;
}

function flowOf({ flowId, version }: ExecutionDocument, deps: DescribeDeps): Promise<CompiledFlow | undefined> {
  return deps.published.at(flowId, version).catch(() => undefined);
}

async function doneWritesOf(
  document: ExecutionDocument,
  known: ReadonlyMap<string, KnownOutcome>,
  deps: DescribeDeps,
): Promise<ExecutionDetails['doneWrites']> {
  if (!document.hasWritten) return [];
  const flow = await deps.published.at(document.flowId, document.version);
  return listDoneWrites(flow, known).map(({ node, scope }) => ({ node, scope, key: outwardKey(document.origin, node, scope) }));
}

async function payloadOf(document: ExecutionDocument, known: ReadonlyMap<string, KnownOutcome>, payloads: Payloads, deps: DescribeDeps) {
  const input = document.input && decodeMessage(await payloads.load(executionPlace(document._id, 'input'), document.input));
  const reply = document.reply && decodeReply(await payloads.load(executionPlace(document._id, 'reply'), document.reply));
  const steps = input && (await computeSteps(document, input, known, deps));
  return {
    ...(input === undefined ? {} : { input }),
    ...(steps ?? {}),
    ...(reply === undefined ? {} : { reply }),
  };
}

/**
 * Returns the input and output of each step. Inputs, and outputs of pure nodes, are not stored. They are computed
 * again with the same time, tables and randomness; nothing is sent.
 */
async function computeSteps(document: ExecutionDocument, input: Message, known: ReadonlyMap<string, KnownOutcome>, deps: DescribeDeps) {
  const flow = await deps.published.at(document.flowId, document.version);
  const inputs: Record<string, Message> = {};
  const outputs: Record<string, Record<string, readonly Message[]>> = {};
  const put = (key: string, emits: Emits<Message>) => {
    outputs[key] = Object.fromEntries(Object.entries(emits).map(([port, message]) => [port, [message]]));
  };
  for (const [key, outcome] of known) if ('emits' in outcome) put(key, outcome.emits);
  const keep = ({ record, emits }: SettledStep) => {
    if (emits) put(stepKey(record.scope, record.node), emits);
  };
  await runGraph(
    {
      flow,
      executionId: document._id,
      origin: document.origin,
      acceptedAt: document.acceptedAt,
      tables: await deps.run.bindings.tablesAt(document.tables),
      deadlineMs: deps.clock.now() + 5_000,
      signal: AbortSignal.timeout(5_000),
      mayWait: false,
      depth: 0,
      assertOwned: () => undefined,
      input,
      journal: { before: () => Promise.resolve(), settled: keep },
      known,
      waited: NO_WAITS,
      maxSleepMs: 0,
      entering: (nodeId, path, message) => void (inputs[stepKey(path, nodeId)] = message),
      // A node with no stored outcome must not run now.
      mock: (nodeId) => (keepsOutput(flow.nodes.get(nodeId)!) ? { wait: { untilMs: Number.MAX_SAFE_INTEGER } } : undefined),
    },
    deps.run,
  );
  return { inputs, outputs };
}

function concludedOf({ status, cancelRequested }: ExecutionDocument): ExecutionDetails['concluded'] {
  if (status !== 'completed' || cancelRequested?.isDone !== true) return undefined;
  return { by: cancelRequested.by, at: cancelRequested.at };
}

export function summarise(document: ListedExecution, seal: Seal): ExecutionSummary {
  const { held } = document;
  return {
    executionId: document._id,
    flowId: document.flowId,
    version: document.version,
    status: document.status,
    acceptedAt: document.acceptedAt,
    finishedAt: document.finishedAt,
    durationMs: document.finishedAt === undefined ? undefined : document.finishedAt - document.acceptedAt,
    traceId: document.traceId,
    hasPayload: document.input !== undefined,
    isReduced: document.overQuota === true,
    attempt: (document.retries ?? 0) + 1,
    held,
    heldSince: held === undefined ? undefined : (document.firstHeldAt ?? held.at),
    retrying: nextRetry(document, seal),
    hasWritten: document.hasWritten === true,
    isUnknown: isOutcomeUnknown(document),
    replayOf: document.replayOf,
    place: document.place,
    replacedBy: document.replacedBy,
    error: document.error && { ...document.error, message: document.error.code },
  };
}
