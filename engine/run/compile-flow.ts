import type { FlowNode, FlowVersion } from '../contract/flow-document.ts';
import type { Effect, NodeDefinition, RunNode } from '../contract/node.ts';

export interface CompiledNode {
  readonly id: string;
  readonly node: FlowNode;
  readonly definition: NodeDefinition;
  readonly effect: Effect;
  readonly run: RunNode<unknown> | undefined;
}

export interface CompiledFlow extends FlowVersion {
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  readonly trigger: CompiledNode;
}
