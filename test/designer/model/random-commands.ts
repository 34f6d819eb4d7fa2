/** A person who does anything at all to a flow, as the seed says. */
import { addAfter, addBefore, addNode, insertExistingOnEdge, insertOnEdge } from '../../../designer/src/model/commands/add-node.ts';
import { setAdapter, setConfig, setDisabled, setHandling, setLabel } from '../../../designer/src/model/commands/change-node.ts';
import { connect, reconnect } from '../../../designer/src/model/commands/connect.ts';
import { changeSettings, replaceDocument } from '../../../designer/src/model/commands/flow-settings.ts';
import { addGroup, changeGroup, removeGroups, setGroup } from '../../../designer/src/model/commands/groups.ts';
import { align, move } from '../../../designer/src/model/commands/move.ts';
import { addNote, changeNote } from '../../../designer/src/model/commands/notes.ts';
import { duplicate, paste } from '../../../designer/src/model/commands/paste.ts';
import type { Refusal } from '../../../designer/src/model/commands/refusal.ts';
import { bypass, remove } from '../../../designer/src/model/commands/remove.ts';
import { replaceType } from '../../../designer/src/model/commands/replace-type.ts';
import { addTest, changeTest, removeTest, renameTest } from '../../../designer/src/model/commands/saved-tests.ts';
import { clipboardText, copySelection, readClipboard } from '../../../designer/src/model/commands/clipboard.ts';
import { layOutFlow } from '../../../designer/src/model/layout/layout.ts';
import type { Command } from '../../../designer/src/model/history/flow-history.ts';
import type { FlowDocument, LayoutColour } from '../../../engine/contract/flow/flow-document.ts';
import type { Random } from '../../support/simulated-process.ts';
import { exampleFlows, types } from './sample-types.ts';

type Attempt = (
  document: FlowDocument,
  random: Random,
) => Command | { readonly command: Command } | { readonly refusal: Refusal } | undefined;

/** The next command that a random person gives; undefined when it is refused or there is nothing to do it to. */
export function randomCommand(document: FlowDocument, random: Random): { readonly kind: string; readonly command: Command } | undefined {
  const kind = pick(Object.keys(ATTEMPTS) as (keyof typeof ATTEMPTS)[], random)!;
  const made = (ATTEMPTS[kind] as Attempt)(document, random);
  if (made === undefined || 'refusal' in made) return undefined;
  return { kind, command: 'command' in made ? made.command : made };
}

export const ATTEMPTS = {
  addNode: (document, random) =>
    addNode(document, types, { type: anyType(random), at: point(random), language: random.chance(0.5) ? 'en' : 'zh-CN' }),
  addAfter: (document, random) =>
    on(anyNode(document, random), (node) => addAfter(document, types, { type: anyType(random), after: { node } })),
  addBefore: (document, random) =>
    on(anyNode(document, random), (node) => addBefore(document, types, { type: anyType(random), before: { node, port: 'in' } })),
  insertOnEdge: (document, random) =>
    on(anyEdge(document, random), (edge) => insertOnEdge(document, types, edge, { type: anyType(random) })),
  insertExisting: (document, random) =>
    on(anyEdge(document, random), (edge) => on(anyNode(document, random), (node) => insertExistingOnEdge(document, types, edge, node))),
  connect: (document, random) =>
    on(anyNode(document, random), (a) =>
      on(anyNode(document, random), (b) =>
        connect(document, types, { node: a, port: outPort(document, a, random) }, { node: b, port: 'in' }),
      ),
    ),
  reconnect: (document, random) =>
    on(anyEdge(document, random), (edge) =>
      on(anyNode(document, random), (node) => reconnect(document, types, edge, { to: { node, port: 'in' } })),
    ),
  remove: (document, random) =>
    remove(document, {
      nodes: some(ids(document.nodes), random, 0.1),
      edges: some(ids(document.edges), random, 0.1),
      notes: some(ids(document.layout.notes), random, 0.2),
      groups: some(ids(document.layout.groups), random, 0.2),
    }),
  bypass: (document, random) => on(anyNode(document, random), (node) => bypass(document, types, node, { remove: random.chance(0.5) })),
  replaceType: (document, random) => on(anyNode(document, random), (node) => replaceType(document, types, node, anyType(random))),
  setLabel: (document, random) => on(anyNode(document, random), (node) => setLabel(document, node, words(random))),
  setConfig: (document, random) =>
    on(anyNode(document, random), (node) => setConfig(document, types, node, anyConfig(document, node, random), field(random))),
  setHandling: (document, random) =>
    on(anyNode(document, random), (node) =>
      setHandling(
        document,
        node,
        random.chance(0.3) ? undefined : { timeoutMs: 1 + random.below(9000), ...(random.chance(0.5) ? { onError: 'port' } : {}) },
        field(random),
      ),
    ),
  setAdapter: (document, random) =>
    on(anyNode(document, random), (node) => setAdapter(document, node, random.chance(0.3) ? undefined : `adp_${random.below(5)}`)),
  setDisabled: (document, random) => setDisabled(document, some(ids(document.nodes), random, 0.3), random.chance(0.5)),
  move: (document, random) =>
    move(
      new Map(
        [...some(ids(document.nodes), random, 0.3), ...some(ids(document.layout.notes), random, 0.3)].map((id) => [id, point(random)]),
      ),
    ),
  align: (document, random) =>
    align(
      document,
      types,
      some(ids(document.nodes), random, 0.5),
      pick(['left', 'centre', 'right', 'top', 'middle', 'bottom', 'spread-across', 'spread-down'] as const, random)!,
    ),
  changeSettings: (_document, random) => changeSettings(anySettings(random), field(random)),
  replaceDocument: (_document, random) => (random.chance(0.2) ? replaceDocument(pick(exampleFlows, random)!) : undefined),
  addTest: (document, random) =>
    addTest(document, { name: words(random) || 'x', input: { data: { n: random.below(9) } }, mocks: {}, expect: [] }),
  changeTest: (document, random) =>
    on(document.tests[0], (test) => changeTest(document, 0, { ...test, input: { data: words(random) } }, field(random))),
  removeTest: (document, random) => removeTest(document, random.below(4)),
  renameTest: (document, random) => renameTest(document, random.below(3), words(random)),
  layOut: (document, random) =>
    random.chance(0.3) ? layOutFlow(document, types) : layOutFlow(document, types, some(ids(document.nodes), random, 0.5)),
  addNote: (document, random) => addNote(document, point(random), { text: words(random) }),
  changeNote: (document, random) =>
    on(pick(ids(document.layout.notes), random), (note) =>
      changeNote(note, random.chance(0.5) ? { text: words(random) } : { width: random.below(500), colour: colour(random) }),
    ),
  addGroup: (document, random) => addGroup(document, some(ids(document.nodes), random, 0.3), words(random), colour(random)),
  changeGroup: (document, random) =>
    on(pick(ids(document.layout.groups), random), (group) => changeGroup(group, { label: words(random), colour: colour(random) })),
  setGroup: (document, random) => setGroup(document, some(ids(document.nodes), random, 0.3), pick(ids(document.layout.groups), random)),
  removeGroups: (document, random) => removeGroups(some(ids(document.layout.groups), random, 0.5)),
  duplicate: (document, random) => duplicate(document, types, { nodes: some(ids(document.nodes), random, 0.2) }),
  paste: (document, random) => {
    const source = pick(exampleFlows, random)!;
    const copied = copySelection(source, { nodes: some(ids(source.nodes), random, 0.2) });
    if (copied === undefined) return undefined;
    const read = readClipboard(clipboardText(copied));
    return 'refusal' in read ? read : paste(document, types, read.clipboard, point(random));
  },
} as const satisfies Readonly<Record<string, Attempt>>;

export function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list[random.below(list.length)];
}

export function some<T>(list: readonly T[], random: Random, probability: number): T[] {
  return list.filter(() => random.chance(probability));
}

function on<T, R>(value: T | undefined, then: (value: T) => R): R | undefined {
  return value === undefined ? undefined : then(value);
}

function ids(parts: readonly { readonly id: string }[]): readonly string[] {
  return parts.map(({ id }) => id);
}

function anyNode(document: FlowDocument, random: Random): string | undefined {
  return pick(ids(document.nodes), random);
}

function anyEdge(document: FlowDocument, random: Random): string | undefined {
  return pick(ids(document.edges), random);
}

function anyType(random: Random): string {
  return random.chance(0.02) ? 'nobody.knows@9' : pick(types.list, random)!.name;
}

function outPort(document: FlowDocument, id: string, random: Random): string {
  const ports = types.outPorts(document.nodes.find((node) => node.id === id)!) ?? [];
  return pick(ports, random)?.name ?? 'out';
}

function point(random: Random): { x: number; y: number } {
  return { x: random.below(2000) - 500 - random.next(), y: random.below(2000) - 500 };
}

function words(random: Random): string {
  return ['', '查号源', 'Call', '查号源 2', '通知', 'a'.repeat(300), '😀'.repeat(120)][random.below(7)]!;
}

function field(random: Random): string | undefined {
  return random.chance(0.5) ? undefined : pick(['a', 'b'], random);
}

function colour(random: Random): LayoutColour {
  return pick(['grey', 'teal', 'green', 'amber', 'red', 'violet'] as const, random)!;
}

function anyConfig(document: FlowDocument, id: string, random: Random): Record<string, unknown> {
  const { config } = document.nodes.find((node) => node.id === id)!;
  const branches = Array.isArray(config['branches']) ? (config['branches'] as unknown[]) : [];
  switch (random.below(5)) {
    case 0:
      return { ...config, note: words(random), gone: undefined };
    case 1:
      return { ...config, list: Array.from({ length: random.below(5) }, () => ({ n: random.below(3), deep: { text: words(random) } })) };
    case 2:
      return { ...config, branches: branches.slice(1) };
    case 3:
      return { ...config, branches: [...branches, { port: `p${random.below(6)}`, label: { 'zh-CN': '支', en: 'B' } }] };
    default:
      return {};
  }
}

function anySettings(random: Random): Parameters<typeof changeSettings>[0] {
  const all: readonly Parameters<typeof changeSettings>[0][] = [
    { name: { 'zh-CN': words(random), en: 'x' } },
    { description: undefined },
    { description: { 'zh-CN': words(random), en: '' } },
    { tags: ['a', words(random).slice(0, 9)] },
    { mode: random.chance(0.5) ? 'sync' : 'durable', deadlineMs: 1 + random.below(10_000) },
    { domain: '' },
    { recording: { level: 'keys' } as never },
    { recording: undefined, ingress: undefined },
    { ingress: { dedupe: { key: 'data.id', windowSec: 60 } } },
  ];
  return all[random.below(all.length)]!;
}
