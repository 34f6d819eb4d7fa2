/** The columns about calls in the lists of adapters and interfaces. */
import type { Output } from '../../api/operation-types.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { Column, Filter } from '../table/data-table.tsx';
import { TimeText } from '../time/time-text.tsx';
import { CALL_STATES, LastError, useCallStateWord } from './call-state.tsx';

const TEXTS = defineTexts({
  calls: ['调用', 'Calls'],
  lastOk: ['最近成功', 'Last success'],
  lastError: ['最近错误', 'Last error'],
  rate: ['每分钟', 'Per minute'],
  p95: ['p95 耗时', 'p95'],
});

/** A row of the list. `calls` is absent if there was no call since the processes started. */
type Called = Pick<Output<'adapters.list'>['items'][number], 'calls'>;

/** Returns the columns: the state that `renderState` shows, the last success and error, the rate and the duration. */
export function useCallColumns<Row extends Called>(renderState: Column<Row>['render']): readonly Column<Row>[] {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const word = useCallStateWord();
  return [
    { key: 'calls', title: t('calls'), value: ({ calls }) => word(calls), render: renderState },
    {
      key: 'lastOk',
      title: t('lastOk'),
      value: ({ calls }) => calls?.lastOkAt,
      render: ({ calls }) => <TimeText at={calls?.lastOkAt} isAgo />,
    },
    {
      key: 'lastError',
      title: t('lastError'),
      value: ({ calls }) => calls?.lastError?.code,
      render: ({ calls }) => <LastError error={calls?.lastError} />,
    },
    {
      key: 'rate',
      title: t('rate'),
      align: 'right',
      value: ({ calls }) => calls?.perMinute,
      render: ({ calls }) => (calls === undefined ? '—' : format.number(calls.perMinute)),
    },
    {
      key: 'p95',
      title: t('p95'),
      align: 'right',
      value: ({ calls }) => calls?.p95Ms,
      render: ({ calls }) => (calls?.p95Ms === undefined ? '—' : format.duration(calls.p95Ms)),
    },
  ];
}

export function useCallFilter<Row extends Called>(): Filter<Row> {
  const t = useTexts(TEXTS);
  const word = useCallStateWord();
  return {
    key: 'calls',
    label: t('calls'),
    options: CALL_STATES.map((state) => ({ value: state, label: word({ state }) })),
    test: ({ calls }, value) => (calls?.state ?? 'idle') === value,
  };
}
