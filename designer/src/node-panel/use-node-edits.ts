import type { FlowNode, Handling } from '../../../engine/contract/flow/flow-document.ts';
import { useEditorStore } from '../editor/state/editor-context.tsx';
import type { Language } from '../i18n/texts.ts';
import { setAdapter, setConfig, setHandling, setLabel } from '../model/commands/change-node.ts';
import type { Planned } from '../model/commands/refusal.ts';
import { replaceType } from '../model/commands/replace-type.ts';

/** What the panel of a node does to it. Each reads the document when it is called, not when the panel was drawn. */
export interface NodeEdits {
  label(label: string): void;
  /** Typing into one `field` is one undo step until it is sealed. */
  config(config: FlowNode['config'], field: string): void;
  adapter(adapter: string | undefined): void;
  /** Makes it the newer major of its type. */
  upgrade(to: Pick<FlowNode, 'type' | 'config'>, language: Language): void;
  /** False: the value is not allowed and was not taken. */
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
