import { Alert } from 'antd';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { Work } from '../../kit/feedback/progress-dialog.tsx';
import { csvOf } from '../../kit/table/csv.ts';
import { download } from '../../kit/table/download.ts';
import { readKeys, useKeysColumnOf } from './keys-column.tsx';
import type { useConditions } from './use-conditions.ts';
import { useExportColumns } from './use-message-columns.tsx';
import { readMessages } from './use-message-pages.ts';

const TEXTS = defineTexts({
  exporting: ['导出消息列表', 'Exporting the list'],
  exported: ['已导出 {{count}} 条', '{{count}} {{count|message|messages}} exported'],
  cut: [
    '只导出最近的 {{count}} 条；请缩小时间范围后分次导出。',
    'Only the latest {{count}} were exported; narrow the time and export in parts.',
  ],
});

const EXPORT_MOST = 20_000;

export interface Exported {
  readonly count: number;
  readonly isCut: boolean;
}

/** Exports the messages that match a search to a file: the newest ones, up to a maximum number. */
export function useExport(question: ReturnType<typeof useConditions>['question']): Work<Exported> {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const columns = useExportColumns();
  const keysColumnOf = useKeysColumnOf();
  return {
    title: t('exporting'),
    async run(report, signal) {
      const tell = (done: number) => report({ done, of: Math.max(done, EXPORT_MOST) });
      const { rows, isCut } = await readMessages(question, EXPORT_MOST, tell, signal);
      const ids = rows.map(({ executionId }) => executionId);
      // Business keys are exported only if the user may see them on the page.
      const hasKeys = keysColumnOf !== undefined && question.query.archived !== true;
      const keysColumns = hasKeys ? [keysColumnOf(await readKeys(ids, signal))] : [];
      report({ done: rows.length, of: rows.length });
      download('messages.csv', csvOf([...columns, ...keysColumns], rows));
      return { count: rows.length, isCut };
    },
    show: ({ count, isCut }) => (
      <Alert type={isCut ? 'warning' : 'success'} showIcon title={t(isCut ? 'cut' : 'exported', { count: format.number(count) })} />
    ),
  };
}
