/** Edits the selected node: name, configuration and error handling. Also shows its help. */
import { Input, Tabs, type InputRef } from 'antd';
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import type { NodeDescription } from '../api/operations.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { NodeIcon } from '../kit/icon/node-icon.tsx';
import { useForm } from '../kit/form/form-context.tsx';
import { NewerMajor } from './newer-major.tsx';
import { NodeConfig } from './node-config.tsx';
import { NodeHandling } from './node-handling.tsx';
import { NodeHelp } from './node-help.tsx';
import { NodeSurroundings } from './node-surroundings.tsx';
import { useNodeEdits } from './use-node-edits.ts';
import styles from './panel.module.css';

const TEXTS = defineTexts({
  name: ['节点名称', 'Name of the node'],
  config: ['配置', 'Configuration'],
  handling: ['处理方式', 'Handling'],
  help: ['说明', 'Help'],
  problems: ['{{count}} 个问题', '{{count}} {{count|problem|problems}}'],
  unknown: ['本系统没有节点类型 {{type}}', 'There is no node type {{type}} here'],
});

type TabName = 'config' | 'handling' | 'help';

export function NodePanel({ nodeId }: { readonly nodeId: string }) {
  const t = useTexts(TEXTS);
  const node = useEditor(({ history }) => history.document.nodes.find(({ id }) => id === nodeId));
  const type = useEditor(({ types }) => (node === undefined ? undefined : types.get(node.type)));
  const unnamed = useUnnamed(node);
  if (node === undefined || unnamed === undefined) return null;
  if (type === undefined) return <p className={styles.panel}>{t('unknown', { type: node.type })}</p>;
  return (
    <NodeSurroundings nodeId={nodeId}>
      <div className={styles.panel}>
        <NodeHeader node={node} type={type} />
        <NewerMajor node={unnamed} type={type} />
        <NodeTabs node={unnamed} type={type} />
      </div>
    </NodeSurroundings>
  );
}

/**
 * Returns the same object as long as only the label changes. The forms of the node, which do not show the label, are
 * then not rendered again.
 */
function useUnnamed(node: FlowNode | undefined): FlowNode | undefined {
  return useMemo(() => node, [node?.id, node?.type, node?.config, node?.adapter, node?.handling, node?.disabled]);
}

interface NodePartProps {
  readonly node: FlowNode;
  readonly type: NodeDescription;
}

function NodeHeader({ node, type }: NodePartProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { isReadOnly, seal } = useForm();
  const edits = useNodeEdits(node.id);
  const name = useNameOnAsking(node.id);
  return (
    <>
      <div className={styles.header}>
        <span className={styles.icon} data-category={type.category}>
          <NodeIcon name={type.icon} size={20} />
        </span>
        <div className={styles.names}>
          <Input
            ref={name}
            variant="borderless"
            className={styles.label ?? ''}
            aria-label={t('name')}
            value={node.label}
            placeholder={text(type.text.label)}
            maxLength={200}
            readOnly={isReadOnly}
            onChange={(event) => edits.label(event.target.value)}
            onBlur={seal}
            onKeyDown={leaveName}
          />
          <span className={styles.type}>
            {text(type.text.label)} <code>{node.type}</code>
          </span>
        </div>
      </div>
      <p className={styles.about}>{text(type.text.help)}</p>
    </>
  );
}

/** When the user starts to rename the node on the canvas, selects the whole name, so that typing replaces it. */
function useNameOnAsking(nodeId: string) {
  const name = useRef<InputRef>(null);
  const serial = useEditor(({ focus }) => (focus?.nodeId === nodeId && focus.pointer === '/label' ? focus.serial : undefined));
  useEffect(() => {
    if (serial !== undefined) name.current?.focus({ cursor: 'all' });
  }, [serial]);
  return name;
}

/** On Enter or Escape, removes the focus from the name, so that keys work on the canvas again. */
function leaveName({ key, nativeEvent, currentTarget }: KeyboardEvent<HTMLInputElement>): void {
  if ((key === 'Enter' || key === 'Escape') && !nativeEvent.isComposing) currentTarget.blur();
}

const NodeTabs = memo(function NodeTabs({ node, type }: NodePartProps) {
  const t = useTexts(TEXTS);
  const focus = useEditor((editor) => (editor.focus?.nodeId === node.id ? editor.focus : undefined));
  const problems = useEditor((editor) => editor.problems);
  const [tab, setTab] = useState<TabName>('config');
  const serial = focus?.serial;
  useEffect(() => {
    if (focus !== undefined) setTab(focus.pointer.startsWith('/handling') ? 'handling' : 'config');
    // Run this only once for each request, so that the user can choose another tab afterwards.
  }, [serial]);
  const own = problems.ofNode(node.id).map(({ place }) => place.field);
  const inHandling = own.filter((field) => field.startsWith('/handling')).length;
  const label = (name: TabName, count: number) => (
    <span>
      {t(name)}
      {count === 0 ? null : (
        <span className={styles.badge} title={t('problems', { count })}>
          {count}
        </span>
      )}
    </span>
  );
  return (
    <Tabs
      size="small"
      activeKey={tab}
      onChange={(key) => setTab(key as TabName)}
      items={[
        { key: 'config', label: label('config', own.length - inHandling), children: <NodeConfig node={node} type={type} focus={focus} /> },
        ...(type.kind === 'trigger'
          ? []
          : [
              {
                key: 'handling',
                label: label('handling', inHandling),
                children: <NodeHandling node={node} type={type} focus={focus} />,
              },
            ]),
        { key: 'help', label: label('help', 0), children: <NodeHelp node={node} type={type} /> },
      ]}
    />
  );
});
