/** Node types, as the designer's palette, forms and help need them. */
import { Type } from 'typebox';
import { typeName, type PortSpec } from '../../engine/contract/node.ts';
import { describeNode, type NodeDescription } from '../../engine/registry/describe-node.ts';
import { knownOutPorts } from '../../engine/registry/node-ports.ts';
import { closed, defineAction, type Action } from './action.ts';
import { existing } from './flows.ts';
import type { ControlServices } from './services.ts';

export interface NodeTypeList {
  readonly items: readonly NodeDescription[];
}

export interface NodePorts {
  readonly in: readonly PortSpec[];
  readonly out: readonly PortSpec[];
}

export function nodeTypeActions({ nodes }: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'nodes.list',
      right: 'flows.read',
      text: { 'zh-CN': '节点类型：说明、出入口、配置模式', en: 'Node types: help, ports, configuration schemas' },
      input: Type.Object({}, closed),
      audited: false,
      run: async (): Promise<NodeTypeList> => ({
        items: nodes.list().map((node) => describeNode(node, nodes.longHelp?.(typeName(node)))),
      }),
    }),
    defineAction({
      name: 'nodes.ports',
      right: 'flows.read',
      text: { 'zh-CN': '一个配置下的出入口（配置可以未填完）', en: 'Ports under a configuration, which may be half filled in' },
      input: Type.Object({ type: Type.String({ maxLength: 200 }), config: Type.Unknown() }, closed),
      audited: false,
      async run(_ctx, { type, config }): Promise<NodePorts> {
        const definition = existing(nodes.get(type), type);
        return { in: definition.ports.in, out: knownOutPorts(definition, config) };
      },
    }),
  ];
}
