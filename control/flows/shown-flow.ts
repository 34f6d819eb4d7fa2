/** A flow as a person may read it: saved tests may be of real messages, so who may not see payloads reads of each test its name alone. */
import type { Actor } from '../access/actor.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { isAllowed } from '../access/permissions.ts';

export function showFlow(flow: FlowDocument, actor: Actor): FlowDocument {
  if (maySeeTests(actor)) return flow;
  return { ...flow, tests: flow.tests.map(({ name }) => ({ name, input: { data: null }, mocks: {}, expect: [] })) };
}

/** As it leaves the installation: a test without its data would hold up whoever publishes it elsewhere. */
export function exportFlow(flow: FlowDocument, actor: Actor): FlowDocument {
  return maySeeTests(actor) ? flow : { ...flow, tests: [] };
}

function maySeeTests(actor: Actor): boolean {
  return isAllowed(actor, 'executions.payload');
}
