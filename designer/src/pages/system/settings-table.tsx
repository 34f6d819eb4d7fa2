import type { SettingDescription } from '../../api/operations.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Tag, type Tone } from '../../kit/feedback/status-tag.tsx';
import styles from './system-page.module.css';

const TEXTS = defineTexts({
  title: ['设置（提供本页的进程）', 'Settings of the process that serves this page'],
  name: ['名称', 'Name'],
  value: ['值', 'Value'],
  source: ['来源', 'Source'],
  meaning: ['含义', 'Meaning'],
  empty: ['没有设置可显示', 'There are no settings to show'],
});

const SOURCE_TEXTS = defineTexts({
  option: ['命令行', 'Command line'],
  environment: ['环境变量', 'Environment variable'],
  default: ['默认值', 'Default'],
});

const SOURCES = ['option', 'environment', 'default'] as const;
const TONES: Readonly<Record<SettingDescription['source'], Tone>> = { option: 'blue', environment: 'violet', default: 'grey' };

/** Shows the settings. They are read when the platform starts and cannot be changed here. */
export function SettingsTable({
  settings,
  onRefresh,
}: {
  readonly settings: readonly SettingDescription[];
  readonly onRefresh: () => void;
}) {
  const t = useTexts(TEXTS);
  const source = useTexts(SOURCE_TEXTS);
  return (
    <section className={styles.settings}>
      <h2>{t('title')}</h2>
      <DataTable<SettingDescription>
        label={t('title')}
        rows={settings}
        rowKey={({ name }) => name}
        columns={useColumns()}
        filters={[
          {
            key: 'source',
            label: t('source'),
            options: SOURCES.map((value) => ({ value, label: source(value) })),
            test: (setting, value) => setting.source === value,
          },
        ]}
        searchText={({ name, variable, value, text, description }) =>
          `${name} ${variable} ${value} ${text['zh-CN']} ${text.en} ${description}`
        }
        isLoading={false}
        error={undefined}
        onRefresh={onRefresh}
        empty={<EmptyState title={t('empty')} />}
        exportName="settings"
      />
    </section>
  );
}

function useColumns(): readonly Column<SettingDescription>[] {
  const t = useTexts(TEXTS);
  const source = useTexts(SOURCE_TEXTS);
  const text = useText();
  return [
    {
      key: 'name',
      title: t('name'),
      value: ({ name }) => name,
      render: ({ name, variable }) => (
        <div>
          <div>
            <code>{name}</code>
          </div>
          <code className={styles.variable}>{variable}</code>
        </div>
      ),
    },
    { key: 'meaning', title: t('meaning'), value: (setting) => text(setting.text), render: (setting) => <Meaning setting={setting} /> },
    {
      key: 'value',
      title: t('value'),
      value: ({ value }) => value,
      render: ({ value }) => (value === '' ? '—' : <code className={styles.value}>{value}</code>),
    },
    {
      key: 'source',
      title: t('source'),
      value: (setting) => source(setting.source),
      render: (setting) => <Tag tone={TONES[setting.source]}>{source(setting.source)}</Tag>,
    },
  ];
}

function Meaning({ setting }: { readonly setting: SettingDescription }) {
  const text = useText();
  return <span className={styles.meaning}>{text(setting.text)}</span>;
}
