import type { FlowNode, Handling } from '../../../engine/contract/flow/flow-document.ts';
import { useEditorStore } from '../editor/state/editor-context.tsx';
import type { Language } from '../i18n/texts.ts';
import { setAdapter, setConfig, setHandling, setLabel } from '../model/commands/change-node.ts';
import type { Planned } from '../model/commands/refusal.ts';
import { replaceType } from '../model/commands/replace-type.ts';

/**
 * The edits that the panel of a node can make. Each edit uses the newest document, even if the panel has not been
 * rendered with it yet.
 */
export interface NodeEdits {
  label(label: string): void;
  /** Sets the configuration. Typing into one `field` is a single undo step, until the field loses the focus. */
  config(config: FlowNode['config'], field: string): void;
  adapter(adapter: string | undefined): void;
  /** Upgrades the node to the newer major of its type. */
  upgrade(to: Pick<FlowNode, 'type' | 'config'>, language: Language): void;
  /** Sets the handling. Returns false if the value is invalid and was rejected. */
  handling(handling: Handling | undefined, field: string): boolean;
}

export function useNodeEdits(nodeId: string): NodeEdits {
  const store = useEditorStore();
  const run = (plan: Planned) => {
    if ('command' in plan) store.getState().run(plan.command);
    return 'command' in plan;
  };
  const now = () => store.getState().history.document;
  return {
    label: (label) => store.getState().run(setLabel(now(), nodeId, label)),
    config: (config, field) => store.getState().run(setConfig(now(), store.getState().types, nodeId, config, field)),
    adapter: (adapter) => void run(setAdapter(now(), nodeId, adapter)),
    upgrade: ({ type, config }, language) => void run(replaceType(now(), store.getState().types, nodeId, type, { language, config })),
    handling: (handling, field) => run(setHandling(now(), nodeId, handling, field)),
  };
}
