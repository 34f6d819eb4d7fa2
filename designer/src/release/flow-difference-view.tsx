import { Button } from 'antd';
import { CircleMinus, CirclePlus, PencilLine, type LucideIcon } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';
import type { FlowDocument, FlowEdge } from '../../../engine/contract/flow-document.ts';
import { useEditor } from '../editor/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { flowDifference, type FlowDifference } from '../model/flow-difference.ts';
import { withPlaces } from '../model/layout.ts';
import { Tag, type Tone } from '../parts/status-tag.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  same: ['内容没有差别', 'There is no difference'],
  layoutOnly: ['只移动了节点的位置', 'Nodes were moved, nothing else'],
  added: ['新增', 'Added'],
  removed: ['删除', 'Removed'],
  changed: ['修改', 'Changed'],
  wire: ['连线 {{from}} → {{to}}', 'Wire {{from}} → {{to}}'],
  settings: ['流程设置', 'Flow settings'],
  nothing: ['（无）', '(nothing)'],
});

type Change = FlowDifference['settings'][number];

interface FlowDifferenceViewProps {
  /** Absent: there was nothing yet. */
  readonly before: FlowDocument | undefined;
  readonly after: FlowDocument;
  readonly onShowNode?: (nodeId: string) => void;
}

/** What is different between two versions, as both are shown, node by node, with both sides of each field. */
export function FlowDifferenceView({ before, after, onShowNode }: FlowDifferenceViewProps) {
  const t = useTexts(TEXTS);
  const types = useEditor((editor) => editor.types);
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
      {nodes.changed.map(({ id, changes }) => (
        <ChangeLine key={id} state="changed" title={nodeName(id)} changes={changes} />
      ))}
      {edges.added.map((edge) => (
        <ChangeLine key={edge.id} state="added" title={wire(edge)} />
      ))}
      {edges.removed.map((edge) => (
        <ChangeLine key={edge.id} state="removed" title={wire(edge)} />
      ))}
      {edges.changed.map(({ id, after: edge, changes }) => (
        <ChangeLine key={id} state="changed" title={wire(edge)} changes={changes} />
      ))}
      {settings.length === 0 ? null : <ChangeLine state="changed" title={t('settings')} changes={settings} />}
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
}

function ChangeLine({ state, title, changes = [] }: ChangeLineProps) {
  const t = useTexts(TEXTS);
  return (
    <li className={styles.change}>
      <div className={styles.changeTitle}>
        <Tag {...LOOKS[state]}>{t(state)}</Tag>
        {title}
      </div>
      {changes.length === 0 ? null : (
        <dl className={styles.fields}>
          {changes.map(({ path, before, after }) => (
            <ChangedField key={path} path={path} before={shown(before, t('nothing'))} after={shown(after, t('nothing'))} />
          ))}
        </dl>
      )}
    </li>
  );
}

function ChangedField({ path, before, after }: { readonly path: string; readonly before: string; readonly after: string }) {
  return (
    <>
      <dt>
        <code>{path}</code>
      </dt>
      <dd>
        <del className={styles.before}>{before}</del> <ins className={styles.after}>{after}</ins>
      </dd>
    </>
  );
}

const MOST_SHOWN = 300;

function shown(value: unknown, nothing: string): string {
  if (value === undefined) return nothing;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
