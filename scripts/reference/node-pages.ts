import type { TObject } from 'typebox';
import { literalsOf } from '../../engine/contract/values/field-kind.ts';
import { typeName, type Effect, type NodeDefinition, type PortSpec } from '../../engine/contract/node/node.ts';
import { withDefaults } from '../../engine/flow/with-defaults.ts';
import { describeNode, type NodeDescription } from '../../engine/registry/describe-node.ts';
import type { LoadedNodes } from '../../engine/registry/load-nodes.ts';
import { nodeExample, type NodeExample } from './examples.ts';
import { fieldTable, GENERATED, inBoth, json, table, undescribedOf, type Page } from './markdown.ts';
import { rowsOf } from './schema-rows.ts';

/** Returns one page for each node type, and one that lists them. */
export function nodePages({ list, longHelp }: LoadedNodes): Page[] {
  const described = list().map((definition) => {
    const help = longHelp(typeName(definition));
    return describeNode(definition, help === undefined ? {} : { longHelp: help });
  });
  const effects = list().map(effectsOf);
  return [indexPage(described, effects), ...described.map((node, index) => nodePage(node, list()[index]!, effects[index]!))];
}

function indexPage(nodes: readonly NodeDescription[], effects: readonly Effects[]): Page {
  const rows = nodes.map(({ name, text, adapter, kind }, index) => [
    `[\`${name}\`](${name}.md)`,
    text.label['zh-CN'],
    text.help.en,
    text.help['zh-CN'],
    kindOf(kind, effects[index]!),
    adapter === undefined ? '' : `[\`${adapter}\`](../adapters.md#${adapter})`,
  ]);
  const head = ['type', '名称', 'what it does', '作用', 'kind', 'adapter'];
  return { file: 'nodes/README.md', text: `${[GENERATED, INTRODUCTION, table(head, rows), EFFECTS].join('\n\n')}\n`, undescribed: [] };
}

const INTRODUCTION = `# Node types · 节点类型

The \`type\` of a node in a [flow document](../flow-document.md) is one of these. The number behind \`@\` is the major
version: a flow keeps the one it was made with, and the console offers the newer one.

[流程文档](../flow-document.md)中节点的 \`type\` 是以下之一。\`@\` 后面是主版本：流程沿用创建时的版本，控制台会提示升级。`;

const EFFECTS = `## Effects · 作用

${table(
  ['effect', 'meaning', '含义'],
  [
    ['`pure`', 'It depends on the message alone, and may run again at any time.', '只取决于消息，随时可以重做。'],
    ['`read`', 'It asks outside and changes nothing there.', '向外查询，不改变对方。'],
    [
      '`idempotent-write`',
      'It changes something outside; done again with the same key it changes nothing more.',
      '改变对方；以同一键再做一次不会再变。',
    ],
    [
      '`write`',
      'Done twice it is done twice: never run again by itself once its first byte may have left.',
      '做两次就是两次：第一个字节可能发出之后，不会自动重做。',
    ],
  ],
)}`;

type Effects = readonly Effect[];

/**
 * Returns the possible effects of a node. If they depend on its configuration, tries all combinations of its switches
 * and choices.
 */
function effectsOf(definition: NodeDefinition): Effects {
  if (definition.kind !== 'action') return [];
  const { effect, config } = definition;
  if (typeof effect === 'string') return [effect];
  const found = new Set(variantsOf(config).map((variant) => effect(variant)));
  return EFFECT_ORDER.filter((one) => found.has(one));
}

const EFFECT_ORDER: readonly Effect[] = ['pure', 'read', 'idempotent-write', 'write'];

function variantsOf(config: TObject): Record<string, unknown>[] {
  let variants = [withDefaults(config, {}) as Record<string, unknown>];
  for (const [name, field] of Object.entries(config.properties)) {
    const values = (field as { readonly type?: string }).type === 'boolean' ? [false, true] : (literalsOf(field) ?? []);
    if (values.length > 0) variants = variants.flatMap((variant) => values.map((value) => ({ ...variant, [name]: value })));
  }
  return variants;
}

function kindOf(kind: NodeDescription['kind'], effects: Effects): string {
  if (kind === 'trigger') return 'trigger · 触发器';
  if (kind === 'control') return 'control · 控制';
  const names = effects.map((effect) => `\`${effect}\``).join(', ');
  return effects.length > 1 ? `${names} by its configuration · 由配置决定` : names;
}

function nodePage(node: NodeDescription, definition: NodeDefinition, effects: Effects): Page {
  const { name, text, longHelp } = node;
  const rows = rowsOf(definition.config);
  const example = nodeExample(name);
  const parts = [
    GENERATED,
    `# \`${name}\` · ${text.label['zh-CN']} / ${text.label.en}`,
    inBoth(text.help),
    facts(node, effects),
    `## Configuration · 配置`,
    rows.length === 0 ? 'It has none. 无。' : fieldTable(rows, '../'),
    ...(longHelp === undefined ? [] : ['## Help', longHelp.en, '## 帮助', longHelp['zh-CN']]),
    ...(example === undefined ? [] : ['## Example · 示例', shown(example)]),
  ];
  return { file: `nodes/${name}.md`, text: `${parts.join('\n\n')}\n`, undescribed: undescribedOf(rows, name) };
}

function facts({ kind, ports, adapter }: NodeDescription, effects: Effects): string {
  const lines = [
    ['effect · 作用', `${kindOf(kind, effects)}; see [effects](README.md#effects--作用)`],
    ['adapter · 适配器', adapter === undefined ? 'none · 不需要' : `[\`${adapter}\`](../adapters.md#${adapter})`],
    ['ports in · 输入端口', portsOf(ports.in)],
    [
      'ports out · 输出端口',
      `${portsOf(ports.out)}${ports.dependOnConfig ? '; others as the configuration names them · 其余由配置决定' : ''}`,
    ],
  ];
  return table(['', ''], lines);
}

function portsOf(ports: readonly PortSpec[]): string {
  return ports.length === 0 ? 'none · 无' : ports.map(({ name, label }) => `\`${name}\` ${label['zh-CN']}`).join(', ');
}

function shown({ config, data, ...outcome }: NodeExample): string {
  const parts = ['Configuration · 配置', json(config), 'Data that comes in · 输入', json(data), 'What comes of it · 结果', json(outcome)];
  return parts.join('\n\n');
}
