/** Operations on a value: functions by group, with search by Chinese, pinyin and English, and code tables. */
import { Button, Input, Popover } from 'antd';
import { BookOpen, Plus, Search } from 'lucide-react';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { FunctionGroup } from '../../../../engine/functions/value-function.ts';
import { valueFunctions } from '../../../../engine/functions/value-functions.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { stepOfFunction, type ChainStep } from '../../model/mapping/source-chain.ts';
import { useSearch } from '../../kit/search/use-search.ts';
import styles from './function-menu.module.css';

const TEXTS = defineTexts({
  add: ['添加函数', 'Add a function'],
  search: ['搜索函数', 'Search functions'],
  functions: ['函数', 'Functions'],
  none: ['没有这样的函数', 'This function does not exist'],
  table: ['查代码表', 'Look up in a code table'],
  tableHelp: ['把代码换成另一套编码。', 'Translates a code into another code system.'],
  coding: ['代码', 'Codes'],
  text: ['文本', 'Text'],
  number: ['数字', 'Number'],
  date: ['日期', 'Date'],
  person: ['证件', 'Identity'],
  choice: ['取舍', 'Choice'],
  pattern: ['正则', 'Patterns'],
  list: ['列表', 'Lists'],
  encoding: ['编码', 'Encodings'],
  digest: ['摘要', 'Digests'],
});

type Group = 'coding' | FunctionGroup;

interface Entry {
  readonly name: string;
  readonly group: Group;
  readonly label: string;
  readonly help: string;
  readonly step: () => ChainStep;
}

export function FunctionMenu({ label, onChoose }: { readonly label: string; readonly onChoose: (step: ChainStep) => void }) {
  const t = useTexts(TEXTS);
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover
      open={isOpen}
      onOpenChange={setOpen}
      trigger="click"
      placement="bottomLeft"
      destroyOnHidden
      content={
        <Menu
          onChoose={(step) => {
            setOpen(false);
            onChoose(step);
          }}
        />
      }
    >
      <Button type="dashed" size="small" icon={<Plus size={14} />} aria-label={`${t('add')} · ${label}`}>
        {t('add')}
      </Button>
    </Popover>
  );
}

function Menu({ onChoose }: { readonly onChoose: (step: ChainStep) => void }) {
  const t = useTexts(TEXTS);
  const entries = useEntries();
  const list = useRef<HTMLDivElement>(null);
  const [query, setQuery] = useState('');
  const found = useSearch(entries, query, ({ label, name, help }) => `${label} ${name} ${help}`);
  const groups = [...Map.groupBy(found, ({ group }) => group)];
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'ArrowDown') buttons[Math.min(buttons.length - 1, at + 1)]?.focus();
    else if (event.key === 'ArrowUp' && at > 0) buttons[at - 1]?.focus();
    else if (event.key === 'Enter' && at < 0 && found[0] !== undefined) onChoose(found[0].step());
    else return;
    event.preventDefault();
  };
  return (
    <div className={styles.menu} onKeyDown={onKeyDown}>
      <Input
        autoFocus
        prefix={<Search size={14} aria-hidden />}
        placeholder={t('search')}
        aria-label={t('search')}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <div ref={list} className={styles.list} role="group" aria-label={t('functions')}>
        {found.length === 0 ? <p className={styles.none}>{t('none')}</p> : null}
        {groups.map(([group, members]) => (
          <div key={group}>
            <div className={styles.group}>{t(group)}</div>
            {members.map(({ name, label, help, step }) => (
              <button key={name} type="button" className={styles.entry} onClick={() => onChoose(step())}>
                <span className={styles.label}>
                  {group === 'coding' ? <BookOpen size={14} aria-hidden /> : null}
                  {label}
                  {group === 'coding' ? null : <code>{name}</code>}
                </span>
                <span className={styles.help}>{help}</span>
              </button>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function useEntries(): readonly Entry[] {
  const t = useTexts(TEXTS);
  const text = useText();
  return useMemo<readonly Entry[]>(
    () => [
      { name: 'table', group: 'coding', label: t('table'), help: t('tableHelp'), step: () => ({ kind: 'table', table: '' }) },
      ...valueFunctions.map(({ name, group, label, help }) => ({
        name,
        group,
        label: text(label),
        help: text(help),
        step: () => stepOfFunction(name),
      })),
    ],
    [t, text],
  );
}
