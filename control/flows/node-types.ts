/** Node types, in the form that the designer's palette, forms and help need. */
import { Type } from 'typebox';
import type { FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { typeName, type NodeDefinition, type PortSpec } from '../../engine/contract/node/node.ts';
import type { AdapterType } from '../../engine/contract/node/adapter-type.ts';
import type { FieldText } from '../../engine/contract/values/texts.ts';
import { newerMajor, upgraded } from '../../engine/flow/migrate-flow.ts';
import { describeNode, type NodeDescription } from '../../engine/registry/describe-node.ts';
import { knownOutPorts } from '../../engine/registry/node-ports.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { existing } from '../access/domains.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';

export interface NodeTypeServices {
  readonly nodes: NodeRegistry;
}

export interface NodeTypeList {
  readonly items: readonly NodeDescription[];
}

export interface NodePorts {
  readonly in: readonly PortSpec[];
  readonly out: readonly PortSpec[];
}

export type UpgradedNode = Pick<FlowNode, 'type' | 'config'>;

export function nodeTypeActions(services: NodeTypeServices): readonly Action[] {
  return [listNodeTypes(services), readPorts(services), upgradeNode(services)];
}

function listNodeTypes({ nodes }: NodeTypeServices): Action {
  return defineAction({
    name: 'nodes.list',
    right: 'flows.read',
    domain: 'none',
    text: { 'zh-CN': '节点类型：说明、出入口、配置模式', en: 'Node types: help, ports, configuration schemas' },
    input: Type.Object({}, closed),
    audited: false,
    run: async (): Promise<NodeTypeList> => ({ items: nodes.list().map((node) => describe(nodes, node)) }),
  });
}

function readPorts({ nodes }: NodeTypeServices): Action {
  return defineAction({
    name: 'nodes.ports',
    right: 'flows.read',
    domain: 'none',
    text: { 'zh-CN': '一个配置下的出入口（配置可以未填完）', en: 'Ports for a configuration, which may be incomplete' },
    input: Type.Object({ type: Type.String({ maxLength: 200 }), config: Type.Unknown() }, closed),
    audited: false,
    async run(_ctx, { type, config }): Promise<NodePorts> {
      const definition = existing(nodes.get(type), type);
      return { in: definition.ports.in, out: knownOutPorts(definition, config) };
    },
  });
}

function upgradeNode({ nodes }: NodeTypeServices): Action {
  return defineAction({
    name: 'nodes.upgrade',
    right: 'flows.read',
    domain: 'none',
    text: { 'zh-CN': '把节点配置转换为该类型的新版', en: 'The configuration of a node as the newer major of its type has it' },
    input: Type.Object({ type: Type.String({ maxLength: 200 }), config: Type.Record(Type.String(), Type.Unknown()) }, closed),
    audited: false,
    async run(_ctx, { type, config }): Promise<UpgradedNode> {
      return upgraded({ type, config: config as FlowNode['config'] }, existing(newerMajor(type, nodes), type));
    },
  });
}

function describe(nodes: NodeRegistry, node: NodeDefinition): NodeDescription {
  const name = typeName(node);
  const [longHelp, newer] = [nodes.longHelp?.(name), newerMajor(name, nodes)];
  const protocol = node.kind === 'control' ? undefined : node.adapter;
  const type = protocol === undefined ? undefined : nodes.adapterTypes?.().find((one) => one.protocol === protocol);
  return describeNode(node, {
    ...(type === undefined ? {} : { adapterWords: wordsOf(type) }),
    ...(longHelp === undefined ? {} : { longHelp }),
    ...(newer === undefined ? {} : { upgradesTo: typeName(newer) }),
  });
}

function wordsOf({ text: { label, usedFor, words }, choice, settings }: AdapterType): string {
  const field = choice === undefined ? undefined : (settings.properties[choice] as { readonly text?: FieldText } | undefined);
  const texts = [label, usedFor, ...Object.values(field?.text?.options ?? {})];
  return [...texts.flatMap((one) => (one === undefined ? [] : [one['zh-CN'], one.en])), words ?? ''].join(' ');
}
