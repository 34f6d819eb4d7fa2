import { CircleCheck, CircleSlash, Clock3, type LucideIcon } from 'lucide-react';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { Tag, type Tone } from '../../kit/feedback/status-tag.tsx';
import type { Column } from '../../kit/table/data-table.tsx';
import { FlowLinks } from '../../kit/text/flow-links.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { ExtensionActs } from './extension-acts.tsx';
import { EFFECT_TEXTS, FAULT_TEXTS, STATE_TEXTS, type Extension } from './extension-words.ts';
import styles from './extensions.module.css';

const TEXTS = defineTexts({
  name: ['扩展', 'Extension'],
  unusable: ['扩展包无法使用：公钥已撤销，或内容已损坏', 'Not usable: its key was withdrawn, or its package is damaged'],
  state: ['状态', 'State'],
  since: ['自 ', 'since '],
  by: ['，{{who}}', ', {{who}}'],
  faults: ['多次故障后自动停用', 'disabled after faults'],
  nodes: ['节点', 'Nodes'],
  rights: ['权限与上限', 'Permissions and limits'],
  noNetwork: ['不访问网络', 'No network'],
  reaches: ['访问 {{targets}}', 'Reaches {{targets}}'],
  limits: ['内存 {{memory}} MB，每次调用 {{seconds}} 秒', '{{memory}} MB of memory, {{seconds}} s for a call'],
  usedBy: ['使用它的流程', 'Used by'],
  publisher: ['发布者', 'Publisher'],
  between: ['、', ', '],
});

const LOOKS: Readonly<Record<Extension['state'], { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  waiting: { tone: 'amber', icon: Clock3 },
  enabled: { tone: 'green', icon: CircleCheck },
  disabled: { tone: 'grey', icon: CircleSlash },
};

export function useExtensionColumns(): readonly Column<Extension>[] {
  const t = useTexts(TEXTS);
  return [
    { key: 'name', title: t('name'), value: ({ id }) => id, render: (extension) => <Name extension={extension} /> },
    { key: 'state', title: t('state'), value: ({ state }) => state, render: (extension) => <State extension={extension} /> },
    {
      key: 'nodes',
      title: t('nodes'),
      value: ({ content }) => content?.nodes.map(({ type }) => type).join(' ') ?? '',
      render: (extension) => <Nodes extension={extension} />,
    },
    {
      key: 'rights',
      title: t('rights'),
      value: ({ content }) => content?.connect.join(' ') ?? '',
      render: (extension) => <Rights extension={extension} />,
    },
    {
      key: 'usedBy',
      title: t('usedBy'),
      value: ({ usedBy }) => usedBy.map(({ flowId }) => flowId).join(' '),
      render: (extension) => <FlowLinks flows={extension.usedBy} />,
    },
    { key: 'acts', title: '', width: 120, render: (extension) => <ExtensionActs extension={extension} /> },
  ];
}

interface Shown {
  readonly extension: Extension;
}

function Name({ extension: { id, content, publisher } }: Shown) {
  const t = useTexts(TEXTS);
  const text = useText();
  return (
    <>
      {content === undefined ? null : <div>{text(content.label)}</div>}
      <code>{id}</code>
      <div className={styles.help}>
        {t('publisher')} {publisher}
      </div>
      <div className={styles.help}>{content === undefined ? t('unusable') : text(content.help)}</div>
    </>
  );
}

function State({ extension: { state, fault, since, by } }: Shown) {
  const t = useTexts(TEXTS);
  const name = useTexts(STATE_TEXTS);
  const faultText = useTexts(FAULT_TEXTS);
  const { tone, icon } = LOOKS[state];
  return (
    <>
      <Tag tone={fault === undefined ? tone : 'red'} icon={icon}>
        {name(state)}
      </Tag>
      <div className={styles.help}>
        {t('since')}
        <TimeText at={since} />
        {fault === undefined ? t('by', { who: by }) : null}
      </div>
      {fault === undefined ? null : (
        <div className={styles.help}>
          {t('faults')}
          {t('between')}
          {faultText(fault)}
        </div>
      )}
    </>
  );
}

function Nodes({ extension: { content } }: Shown) {
  const text = useText();
  const effectText = useTexts(EFFECT_TEXTS);
  return content?.nodes.map(({ type, label, effect }) => (
    <div key={type}>
      {text(label)} <span className={styles.help}>{effectText(effect)}</span>
    </div>
  ));
}

function Rights({ extension: { content } }: Shown) {
  const t = useTexts(TEXTS);
  if (content === undefined) return '—';
  const { connect, memoryMb, callMs } = content;
  return (
    <>
      <div>{connect.length === 0 ? t('noNetwork') : t('reaches', { targets: connect.join(t('between')) })}</div>
      <div className={styles.help}>{t('limits', { memory: memoryMb, seconds: callMs / 1000 })}</div>
    </>
  );
}
