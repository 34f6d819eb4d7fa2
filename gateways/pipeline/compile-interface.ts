import { STAGES, type Exchange, type Policy, type PolicyDeps, type RunPolicy, type Stage } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import type { Front } from '../../engine/contract/access/access.ts';

/** The call stage: sets the response or the error of the exchange, or streams the response itself. */
export type RunCall = (exchange: Exchange) => void | Promise<void>;

/** One interface of one plan, frozen. Every decision that does not depend on the request is already made. */
export interface CompiledInterface {
  readonly interface: InterfaceDocument;
  readonly paramNames: readonly string[];
  readonly deadlineMs: number;
  /** Policies of the stages between `route` and `call`. Each may refuse the request. */
  readonly before: readonly RunPolicy[];
  readonly call: RunCall;
  /** Policies of the stage `seal`. They run for responses and errors alike. */
  readonly after: readonly RunPolicy[];
  readonly log: readonly RunPolicy[];
}

const ROUTE = STAGES.indexOf('route');
const CALL = STAGES.indexOf('call');
const LOG = STAGES.indexOf('log');
const at = (stage: Stage) => STAGES.indexOf(stage);

/** Compiles an interface whose options have been checked (`checkInterface`). */
export function compileInterface(
  document: InterfaceDocument,
  policies: readonly Policy[],
  deps: PolicyDeps,
  call: RunCall,
): CompiledInterface {
  const { front, timeoutMs, timeoutRetries } = document;
  const before: RunPolicy[] = [];
  const after: RunPolicy[] = [];
  const log: RunPolicy[] = [];
  for (const policy of policies) {
    const position = at(policy.stage);
    if (position <= ROUTE) continue;
    const run = compilePolicy(policy, document, front, deps);
    if (run !== undefined) (position < CALL ? before : position < LOG ? after : log).push(run);
  }
  return Object.freeze({
    interface: document,
    paramNames: [...document.path.matchAll(/\/:([^/]+)/g)].map((match) => match[1]!),
    deadlineMs: document.deadlineMs ?? timeoutMs * (1 + timeoutRetries) + 1000,
    before,
    call,
    after,
    log,
  });
}

/**
 * Compiles, once per front and plan, the policies that run before an interface is known, and the log policies of
 * requests for which no interface was found.
 */
export function compileEarly(
  front: Front,
  policies: readonly Policy[],
  deps: PolicyDeps,
): { readonly early: readonly RunPolicy[]; readonly log: readonly RunPolicy[] } {
  const early: RunPolicy[] = [];
  const log: RunPolicy[] = [];
  for (const policy of policies) {
    const position = at(policy.stage);
    if (position > ROUTE && position < LOG) continue;
    const run = compilePolicy(policy, undefined, front, deps);
    if (run !== undefined) (position < ROUTE ? early : log).push(run);
  }
  return { early, log };
}

/** Returns the options of an interface for a policy; undefined when the policy does not apply to the interface. */
function findOptions(policy: Policy, document: InterfaceDocument | undefined, front: Front): Record<string, unknown> | undefined {
  if (!policy.fronts.includes(front)) return undefined;
  const chosen = document?.policies?.[policy.name];
  if (chosen === undefined) return policy.isDefault(front) ? {} : undefined;
  if (chosen === false) return policy.isOptional(front) ? undefined : {};
  return chosen;
}

function compilePolicy(policy: Policy, document: InterfaceDocument | undefined, front: Front, deps: PolicyDeps): RunPolicy | undefined {
  const options = findOptions(policy, document, front);
  return options && policy.compile(options as never, document, front, deps);
}
