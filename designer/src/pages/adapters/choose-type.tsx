import { Input } from 'antd';
import { Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { AdapterTypeDescription } from '../../api/operations.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldSchema } from '../../kit/form/field-schema.ts';
import { useLiteralOptions } from '../../kit/form/literal-options.ts';
import { NodeIcon } from '../../kit/icon/node-icon.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { useSearch } from '../../kit/search/use-search.ts';
import { ADAPTER_TEXTS } from './adapter-texts.ts';
import styles from './adapters.module.css';

const TEXTS = defineTexts({
  help: [
    '要连接的系统怎样收发数据？可按系统、协议或产品查找。',
    'How does the other system exchange data? Find it by system, protocol or product.',
  ],
  search: ['查找，如 HIS Web 服务、LIS 文件、MySQL、Kafka', 'Find, such as web service of a HIS, files of a LIS, Kafka'],
  usedFor: ['常用于：', 'Used for: '],
  kinds: ['直接选择', 'Choose directly'],
  none: ['没有匹配的协议。换一个词，或清空查找框查看全部。', 'No protocol matches. Try another word, or empty the box to see all.'],
});

/** The protocols that hospitals use most. All others follow. */
const FIRST = ['http', 'soap', 'mllp', 'database', 'file', 'messaging', 'mail', 'fhir'];

/** Lets the user choose the protocol of a new adapter. Enter in the search box takes the first that was found. */
export function ChooseType({ types }: { readonly types: readonly AdapterTypeDescription[] }) {
  const t = useTexts(TEXTS);
  const words = useTexts(ADAPTER_TEXTS);
  const go = useNavigate();
  const [query, setQuery] = useState('');
  const sorted = useMemo(() => types.toSorted((a, b) => placeOf(a) - placeOf(b)), [types]);
  const found = useSearch(sorted, query, textOf);
  return (
    <Page>
      <PageHeader title={words('create')} help={t('help')} trail={[{ label: words('adapters'), to: '/adapters' }]} />
      <Input
        autoFocus
        allowClear
        className={styles.find ?? ''}
        prefix={<Search size={16} />}
        value={query}
        placeholder={t('search')}
        aria-label={t('search')}
        onChange={({ target }) => setQuery(target.value)}
        onPressEnter={() => found[0] === undefined || void go(addressFor(found[0], query))}
      />
      <ul className={styles.types} aria-live="polite">
        {found.map((type) => (
          <TypeCard key={type.protocol} type={type} />
        ))}
      </ul>
      {found.length === 0 ? <p className={styles.quiet}>{t('none')}</p> : null}
    </Page>
  );
}

function TypeCard({ type }: { readonly type: AdapterTypeDescription }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { icon, text: texts, choice } = type;
  const kinds = useLiteralOptions(choice === undefined ? undefined : fieldOf(type, choice));
  const usedFor = text(texts.usedFor);
  return (
    <li className={styles.type}>
      <span className={styles.kind}>
        <NodeIcon name={icon} />
      </span>
      <div>
        <Link to={addressOf(type)}>{text(texts.label)}</Link>
        <div className={styles.quiet}>{text(texts.help)}</div>
        {usedFor === '' ? null : (
          <div className={styles.usedFor}>
            {t('usedFor')}
            {usedFor}
          </div>
        )}
        {kinds.length === 0 ? null : (
          <nav className={styles.links} aria-label={`${t('kinds')} · ${text(texts.label)}`}>
            {kinds.map(({ value, label }) => (
              <Link key={String(value)} to={addressOf(type, String(value))}>
                {label}
              </Link>
            ))}
          </nav>
        )}
      </div>
    </li>
  );
}

function placeOf({ protocol }: AdapterTypeDescription): number {
  const place = FIRST.indexOf(protocol);
  return place < 0 ? FIRST.length : place;
}

function addressOf({ protocol }: AdapterTypeDescription, kind?: string): string {
  const address = `/adapters/new?protocol=${protocol}`;
  return kind === undefined ? address : `${address}&kind=${encodeURIComponent(kind)}`;
}

function fieldOf({ settings }: AdapterTypeDescription, name: string): FieldSchema | undefined {
  return (settings as FieldSchema).properties?.[name];
}

/** The words of both languages: people also know products and protocols by their English names. */
function textOf(type: AdapterTypeDescription): string {
  const { protocol, text } = type;
  const texts = [text.label, text.usedFor, text.help, ...optionsOf(type).map(([, option]) => option)];
  return `${texts.map((one) => (one === undefined ? '' : `${one['zh-CN']} ${one.en}`)).join(' ')} ${text.words ?? ''} ${protocol}`;
}

function optionsOf(type: AdapterTypeDescription) {
  const { choice } = type;
  return choice === undefined ? [] : Object.entries(fieldOf(type, choice)?.text?.options ?? {});
}

/** Returns the address for what was typed, with the product if the words name exactly one. */
function addressFor(type: AdapterTypeDescription, query: string): string {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const named = optionsOf(type).filter(([value, option]) => {
    const whole = `${value} ${option['zh-CN']} ${option.en}`.toLowerCase();
    return words.length > 0 && words.every((word) => whole.includes(word));
  });
  return named.length === 1 ? addressOf(type, named[0]![0]) : addressOf(type);
}
