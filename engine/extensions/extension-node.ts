/** Makes a node type of what a manifest says about a node. */
import type { TObject } from 'typebox';
import { errorPort, inPort, okPort, type ActionNode, type ConfigProblem, type RunNode } from '../contract/node/node.ts';
import type { ExtensionManifest, ExtensionNode } from './package/manifest.ts';
import { majorOf } from './package/manifest.ts';

/** A node type as plain data, which a thread that examines flows can be given. */
export interface ExtensionNodeType {
  readonly extension: Pick<ExtensionManifest, 'id' | 'version' | 'text'>;
  readonly node: ExtensionNode;
  /** False if a flow with this node cannot be published now. */
  readonly isEnabled: boolean;
}

export interface ExtensionNodeParts extends Pick<ExtensionNodeType, 'extension' | 'node'> {
  readonly config: TObject;
  readonly isEnabled: () => boolean;
  readonly run: RunNode<unknown>;
}

/** All node types of extensions have this icon, so that people see which nodes are not of the product. */
const ICON = 'puzzle';

export function extensionNode({ extension, node, config, isEnabled, run }: ExtensionNodeParts): ActionNode {
  const { id, version } = extension;
  const disabled: ConfigProblem = {
    path: '',
    message: {
      'zh-CN': `扩展 ${id} 已停用，不能发布使用它的流程；请系统管理员在“扩展”页启用`,
      en: `The extension ${id} is disabled, so a flow that uses it cannot be published; ask the system administrator to enable it`,
    },
  };
  return {
    type: `${id}.${node.verb}`,
    major: majorOf(version),
    kind: 'action',
    category: node.category,
    icon: ICON,
    text: node.text,
    ports: { in: [inPort], out: [okPort, ...node.ports, errorPort] },
    effect: node.effect,
    config,
    samples: node.samples,
    check: () => (isEnabled() ? [] : [disabled]),
    prepare: () => run,
  };
}
