import type { Exchange, PolicyResult, RunPolicy } from '../contract.ts';

/** A policy that is compiled for an interface or a front. Its name appears where it decides. */
export interface Step {
  readonly policy: string;
  readonly run: RunPolicy;
}

/**
 * Runs policies in order and stops at the first result. Returns a promise only from the first policy that returns one.
 */
export function runPolicies(exchange: Exchange, policies: readonly Step[], from: number): PolicyResult | Promise<PolicyResult> {
  for (let i = from; i < policies.length; i++) {
    const { policy, run } = policies[i]!;
    const result = run(exchange);
    if (result === undefined) continue;
    if (result instanceof Promise)
      return result.then((late) => {
        if (late === undefined) return runPolicies(exchange, policies, i + 1);
        noteDecision(exchange, policy);
        return late;
      });
    noteDecision(exchange, policy);
    return result;
  }
  return undefined;
}

/** A policy that called the target passes on what the target, or a policy of a later stage, has decided. */
function noteDecision(exchange: Exchange, policy: string): void {
  if (!exchange.isCalled) exchange.decidedBy ??= policy;
}
