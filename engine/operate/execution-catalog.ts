/** Executions as people see them: lists, one execution with its steps and data, retry and cancel. */
import { archiveAbsent, type ArchivedExecution, type ArchiveReader } from '../archive/read-archive.ts';
import type { Message } from '../contract/values/message.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { DocumentPage, ExecutionQuery, ListedExecution } from '../execution/execution-query.ts';
import type { ExecutionCatalog, ExecutionDetails, ExecutionSummary } from './interface.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { Clock } from '../contract/values/clock.ts';
import { isOutcomeUnknown, type ExecutionDocument } from '../execution/execution-document.ts';
import { executionPlace } from '../execution/stored-execution.ts';
import type { ExecutionStores } from '../execution/journal/journal-deps.ts';
import { listDoneWrites } from '../execution/done-writes.ts';
import { keepsOutput } from '../execution/leg-payload.ts';
import { holderOf, resumeByToken } from '../execution/wait-tokens.ts';
import { foldLegs, listIterationLegs } from '../execution/load-execution.ts';
import { decodeMessage, decodeReply, type Payloads } from '../execution/payloads.ts';
import { createHeldExecutions } from './held-executions.ts';
import { listExecutions } from './list-executions.ts';
import { readKeys } from './read-keys.ts';
import { findReplays, resendExecution, type ResendDeps } from './resend-execution.ts';
import { resendHeld } from './resend-held.ts';
import { runGraph } from '../run/run-graph.ts';
import { countStatuses } from '../execution/scope-filters.ts';
import { NOTHING_WAITED, stepKey, type KnownOutcome, type SettledStep } from '../execution/run-job.ts';
import { outwardKey } from '../run/node-context.ts';
import type { RunDeps } from '../run/run-deps.ts';
import { listStandstills, nextRetry } from '../execution/standstill.ts';
import { tryRetriesNow } from './try-now.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { Emits } from '../plan/progress.ts';

export interface ExecutionCatalogDeps extends ExecutionStores, ResendDeps {
  readonly workQueue: WorkQueue;
  readonly shared: SharedState;
  readonly payloads: Payloads;
  readonly seal: Seal;
  readonly published: PublishedFlows;
  readonly run: RunDeps;
  readonly clock: Clock;
  readonly cancelChannel: string;
  /** Executions that were archived into files. */
  readonly archive?: ArchiveReader | undefined;
}

export function createExecutionCatalog(deps: ExecutionCatalogDeps): ExecutionCatalog {
  const { executions } = deps;

  return {
    async list(query) {
      const { found, next, searchedFrom } = query.archived === true ? await listArchived(query) : await listExecutions(query, deps);
      return { items: found.map((document) => summarise(document, deps.seal)), next, searchedFrom };
    },

    async get(executionId, { payload }) {
      const document = await executions.get(executionId);
      if (document !== undefined) return describe(document, payload, deps);
      const archived = await deps.archive?.get(executionId);
      if (archived === undefined) return undefined;
      const details = await describe(archived.execution, payload, archived);
      const replays = new Set([...details.replays, ...(await findReplays(executionId, executions))]);
      return { ...details, replays: [...replays], isArchived: true };
    },

    keysOf: (ids, within) => readKeys(ids, within, deps),

    async ownerOf(executionId) {
      const document = (await executions.get(executionId)) ?? (await deps.archive?.get(executionId))?.execution;
      if (document === undefined) return undefined;
      const { flowId, version, domain } = document;
      if (domain !== undefined) return { flowId, domain };
      const flow = await deps.published.at(flowId, version).catch(() => undefined);
      return { flowId, domain: flow?.document.domain };
    },

    ...createHeldExecutions({ ...deps, bindings: deps.run.bindings }),
    tryNow: (executionId) => tryRetriesNow(executionId, deps),
    resend: (executionId, resend) => resendExecution(executionId, resend, deps),
    resendHeld: (item, act) => resendHeld(item, act, deps),

    counts: () => countStatuses(executions),

    holderOf: (flowId, token) => holderOf(flowId, token, deps),
    resume: (flowId, token, message, options) => resumeByToken(flowId, token, message, deps, options),
  };

  async function listArchived(query: ExecutionQuery): Promise<DocumentPage> {
    if (deps.archive !== undefined) return deps.archive.list(query);
    throw archiveAbsent();
  }

  /** `parts`: the legs, payloads and late outcomes of the execution, from the store or from the archive. */
  async function describe(
    document: ExecutionDocument,
    payload: boolean,
    parts: Omit<ArchivedExecution, 'execution'>,
  ): Promise<ExecutionDetails> {
    // A record without its input was reduced to its flow's level, and its iteration legs are about to expire.
    const iterationLegs = document.input ? await listIterationLegs(document._id, parts.legs) : [];
    const folded = await foldLegs(document, iterationLegs, parts.payloads);
    const late = await parts.lateOutcomes.find({ execution: document._id }, { limit: 100 });
    const details: ExecutionDetails = {
      ...summarise(document, deps.seal),
      ...(folded.error === undefined ? {} : { error: folded.error }),
      isLaneKept: document.open === true && document.lane !== null,
      replays: Object.keys(document.replays ?? {}),
      steps: folded.steps,
      standstills: listStandstills(document, folded, await flowOf(document), deps.seal),
      intents: folded.announced.map(({ node, key, at }) => ({ node, key, at })),
      concluded: concludedOf(document),
      doneWrites: await doneWritesOf(document, folded.known),
      lateOutcomes: late.map(({ node, at, status }) => ({ node, at, status })),
    };
    return payload ? { ...details, ...(await payloadOf(document, folded.known, parts.payloads)) } : details;
  }

  function flowOf({ flowId, version }: ExecutionDocument): Promise<CompiledFlow | undefined> {
    return deps.published.at(flowId, version).catch(() => undefined);
  }

  async function doneWritesOf(
    document: ExecutionDocument,
    known: ReadonlyMap<string, KnownOutcome>,
  ): Promise<ExecutionDetails['doneWrites']> {
    if (!document.hasWritten) return [];
    const flow = await deps.published.at(document.flowId, document.version);
    return listDoneWrites(flow, known).map(({ node, scope }) => ({ node, scope, key: outwardKey(document.origin, node, scope) }));
  }

  async function payloadOf(document: ExecutionDocument, known: ReadonlyMap<string, KnownOutcome>, payloads: Payloads) {
    const input = document.input && decodeMessage(await payloads.load(executionPlace(document._id, 'input'), document.input));
    const reply = document.reply && decodeReply(await payloads.load(executionPlace(document._id, 'reply'), document.reply));
    const steps = input && (await computeSteps(document, input, known));
    return {
      ...(input === undefined ? {} : { input }),
      ...(steps ?? {}),
      ...(reply === undefined ? {} : { reply }),
    };
  }

  /**
   * Returns the input and output of each step. Inputs, and outputs of pure nodes, are not stored. They are recomputed
   * with the same time, tables and randomness; nothing is sent.
   */
  async function computeSteps(document: ExecutionDocument, input: Message, known: ReadonlyMap<string, KnownOutcome>) {
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
        waited: NOTHING_WAITED,
        maxSleepMs: 0,
        entering: (nodeId, path, message) => void (inputs[stepKey(path, nodeId)] = message),
        // A node with no stored outcome must not run now.
        mock: (nodeId) => (keepsOutput(flow.nodes.get(nodeId)!) ? { wait: { untilMs: Number.MAX_SAFE_INTEGER } } : undefined),
      },
      deps.run,
    );
    return { inputs, outputs };
  }
}

function concludedOf({ status, cancelRequested }: ExecutionDocument): ExecutionDetails['concluded'] {
  if (status !== 'completed' || cancelRequested?.isDone !== true) return undefined;
  return { by: cancelRequested.by, at: cancelRequested.at };
}

function summarise(document: ListedExecution, seal: Seal): ExecutionSummary {
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
