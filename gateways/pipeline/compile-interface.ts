import { STAGES, type Exchange, type Handling, type Policy, type PolicyDeps, type Stage } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { createCallTarget, noTarget } from './call-target.ts';
import type { ListedGroup } from '../load/balancer.ts';
import type { Step } from './run-policies.ts';
import type { Front } from '../../engine/contract/access/access.ts';

/** The call stage: sets the response or the error of the exchange, or streams the response itself. */
export type RunCall = (exchange: Exchange) => void | Promise<void>;

/** One interface of one plan, frozen. Every decision that does not depend on the request is already made. */
export interface CompiledInterface {
  readonly interface: InterfaceDocument;
  readonly paramNames: readonly string[];
  readonly deadlineMs: number;
  readonly handling: Handling;
  /** Policies of the stages between `route` and `call`. Each may refuse the request. */
  readonly before: readonly Step[];
  readonly call: RunCall;
  /** Policies of the stages between `call` and `log`. They run for responses and errors alike. */
  readonly after: readonly Step[];
  readonly log: readonly Step[];
  /** Lists the instances of a service with their states. Undefined if the target is a flow. */
  readonly listGroups: (() => readonly ListedGroup[]) | undefined;
}

/** What the call stage of an interface holds while the interface is served. */
export interface OpenCall {
  readonly run: RunCall;
  readonly listGroups?: () => readonly ListedGroup[];
  close(): void;
}

const at = (stage: Stage) => STAGES.indexOf(stage);
const ROUTE = at('route');
const CACHE = at('cache');
const CALL = at('call');
const LOG = at('log');

type CompileDeps = Omit<PolicyDeps, 'callTarget'>;

/** Compiles an interface whose options have been checked (`checkInterface`). */
export function compileInterface(
  document: InterfaceDocument,
  policies: readonly Policy[],
  compileDeps: CompileDeps,
  { run: call, listGroups }: OpenCall,
): CompiledInterface {
  const { front, timeoutMs, timeoutRetries } = document;
  const deadlineMs = document.deadlineMs ?? timeoutMs * (1 + timeoutRetries) + 1000;
  const handling = findReaders(document, policies);
  const before: Step[] = [];
  const afterCache: Step[] = [];
  const after: Step[] = [];
  const log: Step[] = [];
  const deps = { ...compileDeps, callTarget: createCallTarget({ deadlineMs, handling, steps: afterCache, call }, compileDeps) };
  for (const policy of policies) {
    const position = at(policy.stage);
    if (position <= ROUTE) continue;
    const step = compilePolicy(policy, document, front, deps);
    if (step === undefined) continue;
    (position < CALL ? before : position < LOG ? after : log).push(step);
    if (position > CACHE && position < CALL) afterCache.push(step);
  }
  return Object.freeze({
    interface: document,
    paramNames: [...document.path.matchAll(/\/:([^/]+)/g)].map((match) => match[1]!),
    deadlineMs,
    handling,
    before,
    call,
    after,
    log,
    listGroups,
  });
}

/**
 * Compiles, once per front, the policies that run before an interface is known, and the log policies of requests for
 * which no interface was found.
 */
export function compileEarly(
  front: Front,
  policies: readonly Policy[],
  compileDeps: CompileDeps,
): { readonly early: readonly Step[]; readonly log: readonly Step[] } {
  const deps = { ...compileDeps, callTarget: noTarget };
  const early: Step[] = [];
  const log: Step[] = [];
  for (const policy of policies) {
    const position = at(policy.stage);
    if (position > ROUTE && position < LOG) continue;
    const step = compilePolicy(policy, undefined, front, deps);
    if (step !== undefined) (position < ROUTE ? early : log).push(step);
  }
  return { early, log };
}

/** Finds who must see the bodies of an interface as a whole. A flow always gets the whole body. */
export function findReaders(document: InterfaceDocument, policies: readonly Policy[]): Handling {
  const bodyReaders: string[] = document.target.kind === 'flow' ? ['flow'] : [];
  const answerReaders: string[] = [];
  for (const policy of policies) {
    const options = policy.reads && findOptions(policy, document, document.front);
    if (options === undefined) continue;
    const { body, answer } = policy.reads!(options as never, document);
    if (body === true) bodyReaders.push(policy.name);
    if (answer === true) answerReaders.push(policy.name);
  }
  return { bodyReaders, answerReaders };
}

/** Returns the options of an interface for a policy; undefined when the policy does not apply to the interface. */
export function findOptions(policy: Policy, document: InterfaceDocument | undefined, front: Front): Record<string, unknown> | undefined {
  if (!policy.fronts.includes(front)) return undefined;
  const chosen = document?.policies?.[policy.name];
  if (chosen === undefined) return policy.isDefault(front) ? {} : undefined;
  if (chosen === false) return policy.isOptional(front) ? undefined : {};
  return chosen;
}

function compilePolicy(policy: Policy, document: InterfaceDocument | undefined, front: Front, deps: PolicyDeps): Step | undefined {
  const options = findOptions(policy, document, front);
  const run = options && policy.compile(options as never, document, front, deps);
  return run && { policy: policy.name, run };
}
