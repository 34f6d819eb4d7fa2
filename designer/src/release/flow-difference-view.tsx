import { Button } from 'antd';
import { CircleMinus, CirclePlus, PencilLine, type LucideIcon } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';
import { Check } from 'typebox/value';
import { MappingSchema, type Mapping } from '../../../nodes/shared/mapping/mapping-document.ts';
import type { FlowDocument, FlowEdge } from '../../../engine/contract/flow/flow-document.ts';
import { sourceWords } from '../i18n/source-words.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { isText } from '../model/schema/is-text.ts';
import { useFormat } from '../i18n/format.ts';
import { inUnit } from '../model/schema/in-unit.ts';
import { defineTexts, useLanguage, useText, useTexts, type Language } from '../i18n/texts.ts';
import { edgeField, flowField, nodeField, type NamedField } from '../model/problems/field-names.ts';
import { flowDifference, type FlowDifference } from '../model/flow/flow-difference.ts';
import type { NodeTypes } from '../model/flow/node-types.ts';
import { withPlaces } from '../model/layout/layout.ts';
import { Tag, type Tone } from '../kit/feedback/status-tag.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  same: ['内容没有差别', 'There is no difference'],
  layoutOnly: ['只移动了节点的位置', 'Only nodes were moved'],
  added: ['新增', 'Added'],
  removed: ['删除', 'Removed'],
  changed: ['修改', 'Changed'],
  wire: ['连线 {{from}} → {{to}}', 'Connection {{from}} → {{to}}'],
  settings: ['流程设置', 'Flow settings'],
  nothing: ['（无）', '(nothing)'],
  yes: ['是', 'Yes'],
  no: ['否', 'No'],
});

type Change = FlowDifference['settings'][number];

interface FlowDifferenceViewProps {
  /** The earlier version; absent if there was none. */
  readonly before: FlowDocument | undefined;
  readonly after: FlowDocument;
  readonly onShowNode?: (nodeId: string) => void;
}

/** Shows the differences of two versions. It uses the node types of the open editor. */
export function FlowDifferenceView(props: FlowDifferenceViewProps) {
  return <FlowDifferenceOf {...props} types={useEditor((editor) => editor.types)} />;
}

/**
 * Shows the differences of two versions node by node, with both values of each field. Missing places on the canvas
 * are filled in first, as in the editor.
 */
export function FlowDifferenceOf({ before, after, onShowNode, types }: FlowDifferenceViewProps & { readonly types: NodeTypes }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const difference = useMemo(() => flowDifference(before && withPlaces(before, types), withPlaces(after, types)), [before, after, types]);
  const { nodes, edges, settings } = difference;
  if (difference.count === 0) return <p className={styles.hint}>{difference.layout.isChanged ? t('layoutOnly') : t('same')}</p>;
  const labels = new Map([...(before?.nodes ?? []), ...after.nodes].map(({ id, label }) => [id, label]));
  const wire = ({ from, to }: FlowEdge) => t('wire', { from: labels.get(from.node) ?? from.node, to: labels.get(to.node) ?? to.node });
  const nodeName = (id: string) =>
    onShowNode === undefined ? (
      labels.get(id)
    ) : (
      <Button type="link" size="small" onClick={() => onShowNode(id)}>
        {labels.get(id)}
      </Button>
    );
  return (
    <ul className={styles.list}>
      {nodes.added.map(({ id }) => (
        <ChangeLine key={id} state="added" title={nodeName(id)} />
      ))}
      {nodes.removed.map(({ id, label }) => (
        <ChangeLine key={id} state="removed" title={label} />
      ))}
      {nodes.changed.map(({ id, after: { type }, changes }) => (
        <ChangeLine
          key={id}
          state="changed"
          title={nodeName(id)}
          changes={changes}
          fieldOf={(path) => nodeField(types, type, path, language)}
        />
      ))}
      {edges.added.map((edge) => (
        <ChangeLine key={edge.id} state="added" title={wire(edge)} />
      ))}
      {edges.removed.map((edge) => (
        <ChangeLine key={edge.id} state="removed" title={wire(edge)} />
      ))}
      {edges.changed.map(({ id, after: edge, changes }) => (
        <ChangeLine key={id} state="changed" title={wire(edge)} changes={changes} fieldOf={(path) => edgeField(path, language)} />
      ))}
      {settings.length === 0 ? null : (
        <ChangeLine state="changed" title={t('settings')} changes={settings} fieldOf={(path) => flowField(path, language)} />
      )}
    </ul>
  );
}

const LOOKS: Readonly<Record<'added' | 'removed' | 'changed', { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  added: { tone: 'green', icon: CirclePlus },
  removed: { tone: 'red', icon: CircleMinus },
  changed: { tone: 'amber', icon: PencilLine },
};

interface ChangeLineProps {
  readonly state: 'added' | 'removed' | 'changed';
  readonly title: ReactNode;
  readonly changes?: readonly Change[];
  readonly fieldOf?: (path: string) => NamedField;
}

function ChangeLine({ state, title, changes = [], fieldOf }: ChangeLineProps) {
  const t = useTexts(TEXTS);
  return (
    <li className={styles.change}>
      <div className={styles.changeTitle}>
        <Tag {...LOOKS[state]}>{t(state)}</Tag>
        {title}
      </div>
      {fieldOf === undefined || changes.length === 0 ? null : (
        <dl className={styles.fields}>
          {changes.map((change) => (
            <ChangedField key={change.path} change={change} field={fieldOf(change.path)} />
          ))}
        </dl>
      )}
    </li>
  );
}

function ChangedField({ change, field }: { readonly change: Change; readonly field: NamedField }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const language = useLanguage();
  const [before, after] = apart(change.before, change.after).map((value) => {
    if (value === undefined) return t('nothing');
    if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
    if (typeof value === 'number' && field.unit !== undefined) return inUnit(value, field.unit, format);
    if (isText(value)) return text(value);
    return shortened(
      text(field.options[String(value)]) || (typeof value === 'string' ? value : (rulesText(value, language) ?? JSON.stringify(value))),
    );
  });
  return (
    <>
      <dt title={change.path}>{field.label}</dt>
      <dd>
        <del className={styles.before}>{before}</del> <ins className={styles.after}>{after}</ins>
      </dd>
    </>
  );
}

/**
 * Describes the rules of a mapping, one line for each: its target and its source. Returns undefined if the value is no
 * list of rules.
 */
function rulesText(value: unknown, language: Language): string | undefined {
  if (!Array.isArray(value) || !Check(MappingSchema, { rules: value })) return undefined;
  const rules = value as Mapping['rules'];
  return rules
    .map(({ to, from }) => {
      const { base, steps } = sourceWords(from, language);
      return `${to} ← ${[base, ...steps].join(' → ')}`;
    })
    .join('\n');
}

const MOST_SHOWN = 300;

function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** If both values are lists, returns them without the items that are equal at their beginning and end. */
function apart(before: unknown, after: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(before) || !Array.isArray(after)) return [before, after];
  const least = Math.min(before.length, after.length);
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  let start = 0;
  while (start < least && isSame(before[start], after[start])) start += 1;
  let end = 0;
  while (end < least - start && isSame(before.at(-1 - end), after.at(-1 - end))) end += 1;
  const between = (list: readonly unknown[]) => (list.length === start + end ? undefined : list.slice(start, list.length - end));
  return [between(before), between(after)];
}
