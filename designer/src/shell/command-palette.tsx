import { Empty, Input, Modal, type InputRef } from 'antd';
import { Search } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../api/client.ts';
import { useListOf } from '../api/queries.ts';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { useSearch } from '../kit/search/use-search.ts';
import styles from './command-palette.module.css';
import { useCommandPalette, type Command } from '../kit/page/commands.ts';
import { AREA_TEXTS, AREAS } from '../kit/page/areas.ts';
import { callAddress, callsAddress } from '../kit/traffic/calls-address.ts';
import { useMay } from '../session/session-context.ts';

const TEXTS = defineTexts({
  title: ['搜索与命令', 'Search and commands'],
  placeholder: ['输入页面、流程、命令或追踪号；支持拼音首字母', 'Type a page, a flow, a command or a trace id'],
  call: ['打开追踪号为 {{trace}} 的调用', 'Open the call with the trace id {{trace}}'],
  calls: ['调用', 'Calls'],
  pages: ['页面', 'Pages'],
  flows: ['流程', 'Flows'],
  nothing: ['没有匹配的内容', 'No match'],
});
const MOST_SHOWN = 50;

/** Offers pages, flows, and the commands of the open page. Ctrl-K opens it anywhere. */
export function CommandPalette() {
  const { isOpen, open, close } = useCommandPalette();
  const t = useTexts(TEXTS);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      if (isOpen) close();
      else open();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [isOpen, open, close]);
  return (
    <Modal
      open={isOpen}
      onCancel={close}
      footer={null}
      closable={false}
      title={t('title')}
      classNames={{ header: styles.unseen ?? '' }}
      width={640}
      destroyOnHidden
      className={styles.modal ?? ''}
    >
      {isOpen ? <Palette onDone={close} /> : null}
    </Modal>
  );
}

function Palette({ onDone }: { readonly onDone: () => void }) {
  const t = useTexts(TEXTS);
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const input = useRef<InputRef>(null);
  const all = useAllCommands();
  const ofTrace = useCallCommand(query.trim());
  const found = [...ofTrace, ...useSearch(all, query, (command) => `${command.label} ${command.keywords ?? ''}`).slice(0, MOST_SHOWN)];
  useEffect(() => input.current?.focus(), []);
  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    onDone();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setAt((now) => (now + (event.key === 'ArrowDown' ? 1 : found.length - 1)) % Math.max(1, found.length));
    } else if (event.key === 'Enter') run(found[at]);
  };
  return (
    <>
      <Input
        ref={input}
        size="large"
        variant="borderless"
        prefix={<Search size={18} />}
        placeholder={t('placeholder')}
        aria-label={t('placeholder')}
        value={query}
        onChange={(event) => (setQuery(event.target.value), setAt(0))}
        onKeyDown={onKeyDown}
        role="combobox"
        aria-expanded
        aria-controls="commands"
        aria-activedescendant={`command-${at}`}
      />
      <div className={styles.list} id="commands" role="listbox" aria-label={t('title')}>
        {found.length === 0 ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('nothing')} /> : null}
        {found.map((command, index) => (
          <div
            key={command.id}
            id={`command-${index}`}
            role="option"
            aria-selected={index === at}
            className={index === at ? `${styles.item} ${styles.selected}` : styles.item}
            onMouseMove={() => setAt(index)}
            onClick={() => run(command)}
          >
            <span className={styles.label}>{command.label}</span>
            {command.shortcut === undefined ? null : <kbd>{command.shortcut}</kbd>}
            <span className={styles.group}>{command.group}</span>
          </div>
        ))}
      </div>
    </>
  );
}

/** What may be a trace id, or its beginning: at least 8 characters, with a digit among them. */
const TRACE = /^(?=.*[0-9])[0-9A-Za-z-]{8,64}$/;

/** Returns the command that opens the call with a trace id; none for a text that is no trace id. */
function useCallCommand(trace: string): readonly Command[] {
  const t = useTexts(TEXTS);
  const may = useMay();
  const go = useNavigate();
  if (!TRACE.test(trace) || !may('interfaces.read')) return [];
  const openCall = async () => {
    const found = await call('calls.search', { traceId: trace, limit: 2 }).catch(() => undefined);
    const [first, second] = found?.items ?? [];
    // With several calls, or none, the page of calls tells it.
    await go(first === undefined || second !== undefined ? callsAddress({ trace }) : callAddress(first));
  };
  return [{ id: 'call', label: t('call', { trace }), group: t('calls'), run: () => void openCall() }];
}

/** Returns all commands. Those of the open page come first. */
function useAllCommands(): readonly Command[] {
  const t = useTexts(TEXTS);
  const area = useTexts(AREA_TEXTS);
  const text = useText();
  const may = useMay();
  const go = useNavigate();
  const offered = useCommandPalette((palette) => palette.groups);
  const flows = useListOf('flows.list', {}, { enabled: may('flows.read') });
  return useMemo(() => {
    const pages = AREAS.filter(({ right }) => may(right)).map(({ path }): Command => ({
      id: `page:${path}`,
      label: area(path),
      keywords: `${path} ${AREA_TEXTS[path].join(' ')}`,
      group: t('pages'),
      run: () => void go(`/${path}`),
    }));
    const opened = (flows.data?.items ?? []).map((flow): Command => ({
      id: `flow:${flow.flowId}`,
      label: text(flow.name),
      keywords: `${flow.flowId} ${flow.name['zh-CN']} ${flow.name.en} ${flow.tags.join(' ')}`,
      group: t('flows'),
      run: () => void go(`/flows/${flow.flowId}`),
    }));
    return [...Object.values(offered).flat(), ...pages, ...opened];
  }, [t, area, text, may, go, offered, flows.data]);
}
