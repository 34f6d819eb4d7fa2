import type { Front } from '../../engine/contract/access/access.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Policy, PolicyDeps, RunPolicy } from '../contract.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { buildRouter, type Router } from '../routes/build-router.ts';
import type { InterfaceCheck } from './check-interface.ts';
import { compileEarly, compileInterface, type CompiledInterface, type RunCall } from './compile-interface.ts';

/** A plan compiled for one front. One assignment replaces it as a whole; a request keeps the one it started with. */
export interface CompiledFront {
  readonly planNumber: number;
  readonly early: readonly RunPolicy[];
  /** Log policies for requests for which no interface was found. */
  readonly log: readonly RunPolicy[];
  readonly router: Router<CompiledInterface>;
}

export interface CompileFrontDeps {
  readonly front: Front;
  readonly policies: readonly Policy[];
  readonly check: InterfaceCheck;
  readonly policyDeps: PolicyDeps;
  readonly log: Logger;
  compileCall(document: InterfaceDocument): RunCall;
}

/** Compiles all interfaces of the front. An invalid document is skipped and logged; the others still serve. */
export function compileFront(plan: GatewayPlan, deps: CompileFrontDeps): CompiledFront {
  const entries = plan.interfaces.flatMap((document) => {
    if (document.front !== deps.front) return [];
    // Check again, because a plan may come from a file. But check each document only once, not with every plan.
    const problem = deps.policyDeps.memo(`check ${JSON.stringify(document)}`, () =>
      deps.check(document).find((issue) => issue.severity === 'error'),
    );
    if (problem !== undefined) {
      deps.log.warn('gateway.interface-refused', { interfaceId: document.interfaceId, path: problem.path, code: problem.code });
      return [];
    }
    try {
      return [{ interface: document, target: compileInterface(document, deps.policies, deps.policyDeps, deps.compileCall(document)) }];
    } catch (error) {
      deps.log.error('gateway.interface-refused', error, { interfaceId: document.interfaceId });
      return [];
    }
  });
  return Object.freeze({
    planNumber: plan.number,
    ...compileEarly(deps.front, deps.policies, deps.policyDeps),
    router: buildRouter(entries),
  });
}
