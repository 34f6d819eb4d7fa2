/**
 * A flow as a person may read it. Saved tests may contain real messages, so without the right to see payloads a
 * person reads only their names.
 */
import type { Actor } from '../access/actor.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { isAllowed } from '../access/permissions.ts';

export function showFlow(flow: FlowDocument, actor: Actor): FlowDocument {
  if (maySeeTests(actor)) return flow;
  return { ...flow, tests: flow.tests.map(({ name }) => ({ name, input: { data: null }, mocks: {}, expect: [] })) };
}

/** For an export: a test without its data would block publishing elsewhere, so such tests are left out. */
export function exportFlow(flow: FlowDocument, actor: Actor): FlowDocument {
  return maySeeTests(actor) ? flow : { ...flow, tests: [] };
}

function maySeeTests(actor: Actor): boolean {
  return isAllowed(actor, 'executions.payload');
}
