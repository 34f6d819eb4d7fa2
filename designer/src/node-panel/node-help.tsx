import type { FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import type { Effect } from '../../../engine/contract/node/node.ts';
import type { NodeDescription } from '../api/operations.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { HelpText } from './help-text.tsx';
import styles from './panel.module.css';

const TEXTS = defineTexts({
  in: ['输入端口', 'Input ports'],
  out: ['输出端口', 'Output ports'],
  none: ['无', 'None'],
  effect: ['对外影响', 'Effect'],
  again: ['能否自动重发', 'Automatic retry'],
  adapter: ['适配器协议', 'Adapter protocol'],
  noHelp: ['没有更多说明。', 'There is no further help.'],
  pure: ['不接触外部', 'No external effect'],
  read: ['只读取外部', 'Reads from other systems'],
  'idempotent-write': ['写入外部，重复等于一次', 'Writes to other systems; idempotent'],
  write: ['写入外部，重复就是两次', 'Writes to other systems; not idempotent'],
  'depends-on-config': ['由配置决定（只读、幂等等选项）', 'Depends on the configuration (reads only, idempotent …)'],
  pureAgain: ['能，随时可以', 'Yes, at any time'],
  readAgain: ['能：再问一次没有影响', 'Yes: repeating it changes nothing'],
  'idempotent-writeAgain': ['能：对方按幂等键去重', 'Yes: the other side honours the idempotency key'],
  writeAgain: ['不能：结果不明时挂起，由人确认', 'No: if the outcome is unknown, it is held for a decision'],
  'depends-on-configAgain': [
    '只读或对方保证幂等时能；否则结果不明时挂起，由人确认',
    'If it only reads or the other side is idempotent; otherwise it is held for a decision if the outcome is unknown',
  ],
});

export function NodeHelp({ node, type }: { readonly node: FlowNode; readonly type: NodeDescription }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const ports = useEditor(({ types }) => types.outPorts(node)) ?? type.ports.out;
  const effect: Effect | 'depends-on-config' | undefined = type.effect;
  const list = (items: typeof ports) =>
    items.length === 0 ? (
      t('none')
    ) : (
      <span className={styles.ports}>
        {items.map(({ name, label }) => (
          <span key={name}>
            {text(label)} <code>{name}</code>
          </span>
        ))}
      </span>
    );
  return (
    <div>
      <section className={styles.section}>
        <dl className={styles.facts}>
          <dt>{t('in')}</dt>
          <dd>{list(type.ports.in)}</dd>
          <dt>{t('out')}</dt>
          <dd>{list(ports)}</dd>
          {effect === undefined ? null : (
            <>
              <dt>{t('effect')}</dt>
              <dd>{t(effect)}</dd>
              <dt>{t('again')}</dt>
              <dd>{t(`${effect}Again`)}</dd>
            </>
          )}
          {type.adapter === undefined ? null : (
            <>
              <dt>{t('adapter')}</dt>
              <dd>
                <code>{type.adapter}</code>
              </dd>
            </>
          )}
        </dl>
      </section>
      <section className={styles.section}>
        {type.longHelp === undefined ? <p>{t('noHelp')}</p> : <HelpText text={text(type.longHelp)} />}
      </section>
    </div>
  );
}
