/** Copies nodes with their wires, notes and groups as text: within a flow, between flows, or by mail or chat. */
import { Type, type Static } from 'typebox';
import { FlowEdge, FlowNode, LayoutGroup, LayoutNote, type FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import { Check } from 'typebox/value';
import { around, boxOf, type Box, type Point } from '../flow/card-geometry.ts';
import { createNodeId, uniqueName } from './new-node.ts';
import { refuse, type Refusal } from './refusal.ts';
import type { Selection } from './remove.ts';
import type { NodeTypes } from '../flow/node-types.ts';

const KIND = 'kangqiao/clipboard-1';
/** Maximum length of the whole text. A flow of 1,000 large nodes is shorter. */
const LIMIT_CHARACTERS = 16_000_000;
const closed = { additionalProperties: false } as const;

export const Clipboard = Type.Object(
  {
    kind: Type.Literal(KIND),
    nodes: Type.Array(FlowNode, { maxItems: 1000 }),
    edges: Type.Array(FlowEdge, { maxItems: 4000 }),
    layout: Type.Object(
      {
        nodes: Type.Record(Type.String(), Type.Tuple([Type.Number(), Type.Number()])),
        groups: Type.Array(LayoutGroup, { maxItems: 200 }),
        notes: Type.Array(LayoutNote, { maxItems: 200 }),
      },
      closed,
    ),
  },
  closed,
);
export type Clipboard = Static<typeof Clipboard>;

/** Returns the selection with the wires between the selected nodes; undefined if the selection is empty. */
export function copySelection(document: FlowDocument, selection: Selection): Clipboard | undefined {
  const ids = new Set(selection.nodes);
  const framed = document.layout.groups.filter(({ id }) => selection.groups?.includes(id) === true);
  for (const { nodes } of framed) nodes.forEach((id) => ids.add(id));
  const nodes = document.nodes.filter(({ id }) => ids.has(id));
  const notes = document.layout.notes.filter(({ id }) => selection.notes?.includes(id) === true);
  if (nodes.length + notes.length === 0) return undefined;
  const groups = document.layout.groups
    .filter((group) => framed.includes(group) || group.nodes.every((id) => ids.has(id)))
    .map((group) => ({ ...group, nodes: group.nodes.filter((id) => ids.has(id)) }));
  return structuredClone({
    kind: KIND,
    nodes,
    edges: document.edges.filter(({ from, to }) => ids.has(from.node) && ids.has(to.node)),
    layout: { nodes: Object.fromEntries(Object.entries(document.layout.nodes).filter(([id]) => ids.has(id))), groups, notes },
  });
}

export function clipboardText(clipboard: Clipboard): string {
  return JSON.stringify(clipboard, undefined, 2);
}

/**
 * Reads text that may come from anywhere. Checks the schema and the limits, and removes references to nodes that are
 * not in the text.
 */
export function readClipboard(text: string): { readonly clipboard: Clipboard } | { readonly refusal: Refusal } {
  if (text.length > LIMIT_CHARACTERS) return refuse('CLIPBOARD_TOO_LARGE');
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return refuse('CLIPBOARD_UNREADABLE');
  }
  if (!Check(Clipboard, raw)) return refuse('CLIPBOARD_UNREADABLE');
  const ids = new Set(raw.nodes.map(({ id }) => id));
  if (ids.size < raw.nodes.length || raw.nodes.length + raw.layout.notes.length === 0) return refuse('CLIPBOARD_UNREADABLE');
  return { clipboard: whole(raw, ids) };
}

/** Returns a copy with new ids, and with labels that the flow does not use yet. Its upper left corner is at `at`. */
export function freshCopy(clipboard: Clipboard, document: FlowDocument, types: NodeTypes, at: Point): Clipboard {
  const ids = new Map(clipboard.nodes.map(({ id }) => [id, createNodeId()]));
  const taken = document.nodes.map(({ label }) => label);
  const nodes = clipboard.nodes.map((node) => {
    const label = node.label === '' ? '' : uniqueName(node.label, taken);
    taken.push(label);
    return { ...node, id: ids.get(node.id)!, label, config: renamedReads(node.config, ids) as FlowNode['config'] };
  });
  const frame = around(boxesOf(clipboard, types)) ?? { x: 0, y: 0 };
  const by = { x: at.x - frame.x, y: at.y - frame.y };
  return structuredClone({
    kind: KIND,
    nodes,
    edges: clipboard.edges.map(({ from, to }) => ({
      id: createId('e'),
      from: { ...from, node: ids.get(from.node)! },
      to: { ...to, node: ids.get(to.node)! },
    })),
    layout: {
      nodes: Object.fromEntries(
        clipboard.nodes.map(({ id }) => {
          const [x, y] = clipboard.layout.nodes[id] ?? [0, 0];
          return [ids.get(id)!, [x + by.x, y + by.y]];
        }),
      ),
      groups: clipboard.layout.groups.map((group) => ({ ...group, id: createId('group'), nodes: group.nodes.map((id) => ids.get(id)!) })),
      notes: clipboard.layout.notes.map((note) => ({ ...note, id: createId('note'), x: note.x + by.x, y: note.y + by.y })),
    },
  } as Clipboard);
}

/** Returns the box that a copy covers on the canvas. */
export function clipboardBox(clipboard: Clipboard, types: NodeTypes): Box | undefined {
  return around(boxesOf(clipboard, types));
}

function boxesOf(clipboard: Clipboard, types: NodeTypes): Box[] {
  return [...clipboard.nodes.map((node) => boxOf(clipboard, node, types)), ...clipboard.layout.notes];
}

function whole(raw: Clipboard, ids: ReadonlySet<string>): Clipboard {
  const groups = raw.layout.groups.map((group) => ({ ...group, nodes: [...new Set(group.nodes.filter((id) => ids.has(id)))] }));
  return {
    ...raw,
    edges: raw.edges.filter(({ from, to }) => ids.has(from.node) && ids.has(to.node)),
    layout: {
      nodes: Object.fromEntries(Object.entries(raw.layout.nodes).filter(([id]) => ids.has(id))),
      groups: groups.filter((group) => group.nodes.length > 0),
      notes: raw.layout.notes,
    },
  };
}

/**
 * Replaces old node ids by new ones in texts and field names, wherever they are whole words. The paths, expressions,
 * scripts and joins of the copy then refer to the copied nodes.
 */
function renamedReads(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    return value.includes('n_') ? value.replace(/(?<![A-Za-z0-9_-])n_[A-Za-z0-9_-]+/g, (word) => renamedId(word, ids)) : value;
  }
  if (Array.isArray(value)) return value.map((item) => renamedReads(item, ids));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [ids.get(name) ?? name, renamedReads(field, ids)]));
}

/**
 * Replaces the node id at the start of a word. A hyphen in an expression may be part of the id or a minus sign. So
 * tries the whole word first, then the parts before each hyphen.
 */
function renamedId(word: string, ids: ReadonlyMap<string, string>): string {
  for (let end = word.length; end > 0; end = word.lastIndexOf('-', end - 1)) {
    const id = ids.get(word.slice(0, end));
    if (id !== undefined) return id + word.slice(end);
  }
  return word;
}
