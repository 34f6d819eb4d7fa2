/** Names of cards and wires for screen readers: label, type and state. */
import type { FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import type { Overlay } from '../../editor/state/editor-store.ts';
import { defineTexts, translateWith, type Language } from '../../i18n/texts.ts';
import type { NodeTypes } from '../../model/flow/node-types.ts';
import type { Names } from '../state/flow-elements.ts';
import { RUN_TEXTS, STATE_TEXTS } from '../../editor/state/node-looks.ts';

const TEXTS = defineTexts({
  separator: ['，', ', '],
  wire: ['从“{{from}}”到“{{to}}”的连线', 'Connection from {{from}} to {{to}}'],
  note: ['便签：{{text}}', 'Note: {{text}}'],
  group: ['分组：{{text}}', 'Group: {{text}}'],
  loop: ['循环体', 'Loop body'],
  catch: ['错误处理', 'Error handling'],
});
const NOTE_START = 80;

export function createNames(types: NodeTypes, overlay: Overlay | undefined, language: Language): Names {
  const t = translateWith(TEXTS, language);
  const state = translateWith(STATE_TEXTS, language);
  const run = translateWith(RUN_TEXTS, language);
  return {
    node(node) {
      if (node.type === 'note') return t('note', { text: node.data.note.text.slice(0, NOTE_START) });
      if (node.type === 'frame') return t(node.data.frame.kind);
      if (node.type === 'group') return t('group', { text: node.data.group.label });
      const { id, type, label, disabled } = node.data.node;
      const kind = types.get(type)?.text.label[language] ?? state('unknown');
      const status = overlay === undefined ? [] : [run(overlay.nodes[id]?.status ?? 'not-reached')];
      return [label || kind, kind, ...(disabled === true ? [state('disabled')] : []), ...status].join(t('separator'));
    },
    wire({ source, target, data }, document) {
      const labels = labelsOf(document.nodes);
      const name = t('wire', { from: labels.get(source) ?? source, to: labels.get(target) ?? target });
      return data.label === undefined ? name : `${name}${t('separator')}${data.label[language]}`;
    },
  };
}

const known = new WeakMap<readonly FlowNode[], ReadonlyMap<string, string>>();

/** Returns the labels of the nodes. They are cached, since every wire of a flow needs them. */
function labelsOf(nodes: readonly FlowNode[]): ReadonlyMap<string, string> {
  const found = known.get(nodes) ?? new Map(nodes.map(({ id, label }) => [id, label]));
  known.set(nodes, found);
  return found;
}
