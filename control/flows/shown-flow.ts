/**
 * Returns a flow as a person may read it. Saved tests may contain real messages, so without the right to see payloads a
 * person reads only the names of the tests.
 */
import type { Actor } from '../access/actor.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { isAllowed } from '../access/permissions.ts';

export function showFlow(flow: FlowDocument, actor: Actor): FlowDocument {
  if (maySeeTests(actor)) return flow;
  return { ...flow, tests: flow.tests.map(({ name }) => ({ name, input: { data: null }, mocks: {}, expect: [] })) };
}

/**
 * Returns a flow for an export. Without the right to see payloads its tests are left out: a test without data would
 * prevent publishing in the other installation.
 */
export function exportFlow(flow: FlowDocument, actor: Actor): FlowDocument {
  return maySeeTests(actor) ? flow : { ...flow, tests: [] };
}

function maySeeTests(actor: Actor): boolean {
  return isAllowed(actor, 'executions.payload');
}
