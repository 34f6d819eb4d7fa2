/** Reads the stored state of an execution, so that a run can continue from there. */
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { Message } from '../contract/values/message.ts';
import type { Collection } from '../contract/ports/documents.ts';
import { findAll } from '../contract/ports/find-all.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { ExecutionDocument, Intent, LegDocument, LegRecord, ResumeDocument, StepRecord } from './execution-document.ts';
import { executionPlace } from './stored-execution.ts';
import type { LegPayload } from './leg-payload.ts';
import { decodeMessage, type Payloads } from './payloads.ts';
import { messageFor } from './wait-tokens.ts';
import { NO_KNOWN_OUTCOMES, NO_WAITS, stepKey, type KnownOutcome, type Waited } from './run-job.ts';

export interface LoadedExecution {
  readonly input: Message;
  readonly known: ReadonlyMap<string, KnownOutcome>;
  readonly waited: ReadonlyMap<string, Waited>;
  readonly steps: readonly StepRecord[];
  /** Announced writes without a stored outcome. */
  readonly announced: readonly Intent[];
  /** The announced writes without a stored outcome that no person has released since. */
  readonly dangling: readonly (Intent & { readonly epoch: number })[];
  /** The full error with which the execution last stopped. */
  readonly error: ErrorRecord | undefined;
  /** The step at which the execution last stopped. */
  readonly stopped: StepRecord | undefined;
  /** The stored legs of each iteration. */
  readonly iterationLegs: readonly LegDocument[];
}

export interface LoadDeps {
  readonly legs: Collection<LegDocument>;
  readonly resumes: Collection<ResumeDocument>;
  readonly payloads: Payloads;
}

export async function loadExecution(document: ExecutionDocument, flow: CompiledFlow, deps: LoadDeps): Promise<LoadedExecution> {
  const input = decodeMessage(await deps.payloads.load(executionPlace(document._id, 'input'), document.input!));
  // The common case: the execution was never claimed before.
  if (document.epoch === 0)
    return {
      input,
      known: NO_KNOWN_OUTCOMES,
      waited: NO_WAITS,
      steps: [],
      announced: [],
      dangling: [],
      error: undefined,
      stopped: undefined,
      iterationLegs: [],
    };
  const iterationLegs = flow.graph.nodes.some((node) => node.role === 'for-each') ? await listIterationLegs(document._id, deps.legs) : [];
  const waited = await loadWaits(document, deps);
  return { input, waited, iterationLegs, ...(await foldLegs(document, iterationLegs, deps.payloads)) };
}

/**
 * Combines the legs, in their order, to the known state of the execution. If a step has several outcomes, the first
 * one counts.
 */
export async function foldLegs(
  document: ExecutionDocument,
  iterationLegs: readonly LegDocument[],
  payloads: Pick<Payloads, 'load'>,
): Promise<Pick<LoadedExecution, 'known' | 'steps' | 'announced' | 'dangling' | 'error' | 'stopped'>> {
  const known = new Map<string, KnownOutcome>();
  const steps: StepRecord[] = [];
  const seen = new Set<string>();
  const intents: (Intent & { epoch: number })[] = [];
  const refused = new Map<string, number>();
  let error: ErrorRecord | undefined;
  let stopped: StepRecord | undefined;
  const take = (leg: LegRecord, payload: LegPayload | undefined) => {
    if (leg.intent) intents.push({ ...leg.intent, epoch: leg.epoch });
    if (!payload) return;
    for (const step of payload.steps) {
      // Each claim runs pure steps again; list each of them only once.
      const key = `${stepKey(step.scope, step.node)} ${step.status}`;
      if (!seen.has(key)) steps.push(step);
      seen.add(key);
    }
    if (payload.error) ({ error, stopped } = payload);
    for (const key of payload.refused ?? []) refused.set(key, leg.epoch);
    for (const [key, emits] of Object.entries(payload.emits)) {
      if (!known.has(key))
        known.set(key, { emits: Object.fromEntries(Object.entries(emits).map(([port, message]) => [port, decodeMessage(message)])) });
    }
    for (const [key, failure] of Object.entries(payload.errors ?? {})) if (!known.has(key)) known.set(key, { error: failure });
  };
  for (const key of Object.keys(document.legs).sort((a, b) => Number(a) - Number(b))) {
    const leg = document.legs[key]!;
    take(leg, leg.payload && ((await payloads.load(executionPlace(document._id, `legs.${key}`), leg.payload)) as LegPayload));
  }
  for (const leg of iterationLegs) {
    take(leg, leg.payload && ((await payloads.load({ collection: 'legs', id: leg._id, field: 'payload' }, leg.payload)) as LegPayload));
  }
  const released = document.releasedEpoch ?? 0;
  const retried = new Map(
    (document.waits ?? []).flatMap((wait) => (wait.attempts === undefined ? [] : [[stepKey(wait.scope, wait.node), wait.epoch]])),
  );
  const announced = intents.filter((intent) => {
    const key = stepKey(intent.scope, intent.node);
    return !known.has(key) && intent.epoch > Math.max(retried.get(key) ?? 0, refused.get(key) ?? 0);
  });
  return { known, steps, announced, dangling: announced.filter((intent) => intent.epoch > released), error, stopped };
}

export function listIterationLegs(executionId: string, legs: Pick<Collection<LegDocument>, 'find'>): Promise<readonly LegDocument[]> {
  return findAll(legs, { execution: executionId });
}

async function loadWaits(document: ExecutionDocument, deps: LoadDeps): Promise<Map<string, Waited>> {
  const waited = new Map<string, Waited>();
  for (const wait of document.waits ?? []) {
    const resumedWith = await messageFor(wait, document._id, deps);
    waited.set(stepKey(wait.scope, wait.node), {
      untilMs: wait.untilMs,
      ...(wait.attempts === undefined ? {} : { attempts: wait.attempts }),
      ...(wait.triedSince === undefined ? {} : { triedSince: wait.triedSince }),
      ...(resumedWith === undefined ? {} : { resumedWith }),
    });
  }
  return waited;
}
