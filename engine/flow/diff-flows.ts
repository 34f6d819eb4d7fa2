import type { FlowDocument, FlowEdge, FlowNode } from '../contract/flow/flow-document.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { pointerStep } from '../contract/schema/schema-problem.ts';

export interface FieldChange {
  /** JSON Pointer relative to the node, the edge or the document. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface PartsDiff<Part> {
  readonly added: readonly Part[];
  readonly removed: readonly Part[];
  readonly changed: readonly { readonly id: string; readonly changes: readonly FieldChange[] }[];
}

export interface FlowDiff {
  /** True if the flows differ at most in layout and revision. */
  readonly isSame: boolean;
  readonly nodes: PartsDiff<FlowNode>;
  readonly edges: PartsDiff<FlowEdge>;
  /** All fields except nodes, edges, layout and revision: name, mode, deadline, ingress, recording, tests … */
  readonly settings: readonly FieldChange[];
  /** True if the layout differs. */
  readonly isLayoutChanged: boolean;
}

/**
 * Returns the differences between two versions of a flow. `before` is undefined if there is no earlier version. Nodes
 * and edges are matched by id.
 */
export function diffFlows(before: FlowDocument | undefined, after: FlowDocument): FlowDiff {
  const nodes = diffParts(before?.nodes ?? [], after.nodes);
  const edges = diffParts(before?.edges ?? [], after.edges);
  const settings = diffFields(settingsOf(before), settingsOf(after));
  const isSame =
    [nodes, edges].every((part) => part.added.length + part.removed.length + part.changed.length === 0) && settings.length === 0;
  return { isSame, nodes, edges, settings, isLayoutChanged: !isEqual(before?.layout, after.layout) };
}

function settingsOf(flow: FlowDocument | undefined): object {
  if (flow === undefined) return {};
  const { nodes: _nodes, edges: _edges, layout: _layout, revision: _revision, ...settings } = flow;
  return settings;
}

function diffParts<Part extends { readonly id: string }>(before: readonly Part[], after: readonly Part[]): PartsDiff<Part> {
  const old = new Map(before.map((part) => [part.id, part]));
  const kept = new Set(after.map((part) => part.id));
  return {
    added: after.filter((part) => !old.has(part.id)),
    removed: before.filter((part) => !kept.has(part.id)),
    changed: after.flatMap((part) => {
      const changes = diffFields(old.get(part.id) ?? part, part);
      return changes.length === 0 ? [] : [{ id: part.id, changes }];
    }),
  };
}

/** Returns the changed fields. Objects are compared field by field, arrays and other values as a whole. */
function diffFields(before: object, after: object, prefix = ''): FieldChange[] {
  const old = before as Readonly<Record<string, unknown>>;
  const now = after as Readonly<Record<string, unknown>>;
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name) => {
    const [a, b] = [Object.hasOwn(old, name) ? old[name] : undefined, Object.hasOwn(now, name) ? now[name] : undefined];
    const path = prefix + pointerStep(name);
    if (isRecord(a) && isRecord(b)) return diffFields(a, b, path);
    return isEqual(a, b) ? [] : [{ path, before: a, after: b }];
  });
}

/**
 * Returns true if the two values have the same canonical JSON, without serialising them. An undefined field counts as
 * absent.
 */
function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = Object.keys(a);
  const isInBoth = (name: string) => isEqual(a[name], Object.hasOwn(b, name) ? b[name] : undefined);
  return names.every(isInBoth) && Object.keys(b).every((name) => b[name] === undefined || Object.hasOwn(a, name));
}
