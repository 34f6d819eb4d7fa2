/** The change of a document as the audit trail stores it: the fields that differ, each with its old and new value. */
import { isDeepStrictEqual } from 'node:util';
import type { CodeTable } from '../../engine/contract/node/adapter.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { IpListDocument } from '../../gateways/documents/ip-list-document.ts';
import type { FlowDocument, FlowEdge, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { diffFlows, type FieldChange } from '../../engine/flow/diff-flows.ts';
import { maskSecrets } from './without-secrets.ts';

/** Fields that are left out: tests contain data, and the other fields do not describe a change. */
const NOT_TOLD = new Set(['/tests', '/schema', '/flowId']);
const MOST = 100;
const MOST_TEXT = 500;

export interface ChangedFields {
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

/**
 * Returns the changed fields of a flow. Nodes are named by their labels, since people do not know the ids. Saved tests
 * may contain patient messages, so only their number is stored.
 */
export function changedFieldsOfFlow(before: FlowDocument | undefined, after: FlowDocument | undefined): ChangedFields {
  const none = { ...(before ?? after!), nodes: [], edges: [], tests: [] };
  const { nodes, edges, settings } = diffFlows(before, after ?? none);
  const labels = new Map([...(before?.nodes ?? []), ...(after?.nodes ?? [])].map(({ id, label }) => [id, label || id]));
  const labelOf = (id: string) => labels.get(id) ?? id;
  const wire = ({ from, to }: FlowEdge) => `${labelOf(from.node)} → ${labelOf(to.node)}`;
  const node = ({ type, config, adapter }: FlowNode) => ({ type, config, ...(adapter === undefined ? {} : { adapter }) });
  const changes: FieldChange[] = [
    ...nodes.removed.map((one) => ({ path: `nodes/${labelOf(one.id)}`, before: node(one), after: undefined })),
    ...nodes.added.map((one) => ({ path: `nodes/${labelOf(one.id)}`, before: undefined, after: node(one) })),
    ...nodes.changed.flatMap(({ id, changes: inside }) =>
      inside.map((change) => ({ ...change, path: `nodes/${labelOf(id)}${change.path}` })),
    ),
    ...edges.removed.map((edge) => ({ path: `edges/${wire(edge)}`, before: true, after: undefined })),
    ...edges.added.map((edge) => ({ path: `edges/${wire(edge)}`, before: undefined, after: true })),
    ...settings.filter(({ path }) => !NOT_TOLD.has(path)).map((change) => ({ ...change, path: change.path.slice(1) })),
    ...(settings.some(({ path }) => path === '/tests')
      ? [{ path: 'tests', before: before?.tests.length, after: after?.tests.length ?? 0 }]
      : []),
  ];
  return sidesOf(changes);
}

/** Returns the changed fields of a code table. Entries are compared one by one, every other field as a whole. */
export function changedFieldsOfTable(before: CodeTable | undefined, after: CodeTable): ChangedFields {
  return changedFieldsWithEntries(before, after);
}

/** Returns the changed fields of an address list, with each entry by its range. */
export function changedFieldsOfIpList(before: IpListDocument | undefined, after: IpListDocument | undefined): ChangedFields {
  const byRange = (list: IpListDocument | undefined) =>
    list && { ...list, entries: Object.fromEntries(list.entries.map(({ range, ...entry }) => [range, entry])) };
  return changedFieldsWithEntries(byRange(before), byRange(after));
}

interface WithEntries {
  readonly revision: number;
  readonly entries: Readonly<Record<string, unknown>>;
}

function changedFieldsWithEntries(before: WithEntries | undefined, after: WithEntries | undefined): ChangedFields {
  const changes: FieldChange[] = [];
  const compare = (old: object, now: object, prefix: string) => {
    const [a, b] = [new Map(Object.entries(old)), new Map(Object.entries(now))];
    for (const name of new Set([...a.keys(), ...b.keys()]))
      if (!isDeepStrictEqual(a.get(name), b.get(name))) changes.push({ path: prefix + name, before: a.get(name), after: b.get(name) });
  };
  const { entries: old = {}, revision: _before, ...rest } = before ?? {};
  const { entries = {}, revision: _after, ...restNow } = after ?? {};
  compare(rest, restNow, '');
  compare(old, entries, 'entries/');
  return sidesOf(changes);
}

function sidesOf(changes: readonly FieldChange[]): ChangedFields {
  const some = changes.slice(0, MOST);
  const side = (which: 'before' | 'after') =>
    Object.fromEntries(some.filter((change) => change[which] !== undefined).map((change) => [change.path, shortened(change[which])]));
  const more = changes.length - some.length;
  return { before: side('before'), after: { ...side('after'), ...(more === 0 ? {} : { '…': more }) } };
}

/**
 * Shortens a long value. Masks secrets first, because masking needs the field names, which are lost once the value is
 * one text.
 */
function shortened(value: unknown): unknown {
  if (!isRecord(value) && !Array.isArray(value)) return value;
  const text = JSON.stringify(maskSecrets(value));
  return text.length <= MOST_TEXT ? value : `${text.slice(0, MOST_TEXT)}…`;
}
