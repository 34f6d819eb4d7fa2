/** Creates a node from the palette, with an id, a unique label and an initial configuration. */
import type { FlowDocument, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import type { NodeDescription } from '../../api/operations.ts';
import { withDefaults } from '../schema/schema-defaults.ts';

export interface NewNodeOptions {
  /** Language of the label; default: Chinese. */
  readonly language?: keyof Text;
  readonly label?: string;
  readonly adapter?: string;
}

export function newNode(document: FlowDocument, type: NodeDescription, options: NewNodeOptions = {}): FlowNode {
  const label = options.label ?? type.text.label[options.language ?? 'zh-CN'];
  return {
    id: createNodeId(),
    type: type.name,
    label: uniqueLabel(document, label),
    config: startConfig(type),
    ...(options.adapter === undefined || type.adapter === undefined ? {} : { adapter: options.adapter }),
  };
}

/** Returns a new id without hyphens, because expressions name nodes by id and would read a hyphen as a minus sign. */
export function createNodeId(): string {
  return createId('n').replaceAll('-', '_');
}

/**
 * Returns the initial configuration: the defaults of the schema. A node with branches starts with some branches,
 * because a card without output ports cannot be connected.
 */
export function startConfig(type: NodeDescription): FlowNode['config'] {
  const filled = withDefaults(type.config, {}) as FlowNode['config'];
  const properties = (type.config['properties'] ?? {}) as object;
  const begun = Object.entries(beginnings(type)).filter(([field]) => Object.hasOwn(properties, field));
  return { ...Object.fromEntries(begun), ...filled };
}

/** Returns the label, with a number appended if another node already has it. */
export function uniqueLabel(document: Pick<FlowDocument, 'nodes'>, wished: string): string {
  return uniqueName(
    wished,
    document.nodes.map(({ label }) => label),
  );
}

/**
 * Returns `wished`, or the first of `wished 2`, `wished 3` … that is not in `taken`. It has at most 200 characters.
 */
export function uniqueName(wished: string, taken: readonly string[]): string {
  const used = new Set(taken);
  const short = wished.slice(0, 200);
  if (!used.has(short)) return short;
  const stem = /^(.*?) \d{1,4}$/su.exec(wished)?.[1] ?? wished;
  let number = 2;
  while (used.has(numbered(stem, number))) number += 1;
  return numbered(stem, number);
}

function numbered(stem: string, number: number): string {
  return `${stem.slice(0, 190)} ${number}`;
}

function beginnings(type: NodeDescription): FlowNode['config'] {
  switch (type.role) {
    case 'route':
      return { branches: [branch('yes', '是', 'Yes', { when: { left: { path: 'data' }, op: 'exists' } })] };
    case 'parallel':
      return { branches: [branch('a', '分支一', 'Branch 1'), branch('b', '分支二', 'Branch 2')] };
    case 'for-each':
      return { items: { path: 'data' } };
    default:
      return {};
  }
}

function branch(port: string, zhCN: string, en: string, more: object = {}): object {
  return { port, label: { 'zh-CN': zhCN, en }, ...more };
}
