/** The section of the page Security with the fields that the content checks do not look at. */
import { Link } from 'react-router';
import type { Output } from '../../api/operation-types.ts';
import { call } from '../../api/client.ts';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { useMay } from '../../session/session-context.ts';
import { useStageWords } from '../calls/stage-words.ts';
import { CARRIER_TEXTS, GUARDS, type Carrier, type Guard } from './content-hit.ts';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';

const TEXTS = defineTexts({
  label: ['内容例外', 'Content exceptions'],
  interface: ['接口', 'Interface'],
  check: ['检查', 'Check'],
  field: ['字段', 'Field'],
  reason: ['原因', 'Reason'],
  expires: ['到期', 'Ends'],
  removeEffect: [
    '一秒内，“{{check}}”重新检查字段 {{field}}。该接口已到期的例外一并清除。',
    'Within a second the {{check}} looks at the field {{field}} again. Exceptions of the interface that are over are removed too.',
  ],
  empty: ['没有例外', 'No exceptions'],
  emptyNext: [
    'XSS 与 SQL 注入检查对所有字段生效。误拦时，在“内容命中”中对该字段设置例外。',
    'The XSS and SQL injection checks look at every field. If one blocks by mistake, make an exception under Content hits.',
  ],
});

type Interface = Output<'interfaces.list'>['items'][number];

interface Exception {
  readonly carrier: Carrier;
  readonly field: string;
  readonly reason: string;
  readonly expiresAt: string;
}

interface Row extends Exception {
  readonly of: Interface;
  readonly guard: Guard;
}

export function ContentExceptions() {
  const t = useTexts(TEXTS);
  const interfaces = useListOf('interfaces.list', {});
  const rows = interfaces.data?.items.flatMap((of) =>
    GUARDS.flatMap((guard) => exceptionsOf(of.policies?.[guard]).map((exception): Row => ({ ...exception, of, guard }))),
  );
  return (
    <DataTable<Row>
      label={t('label')}
      rows={rows}
      rowKey={({ of, guard, carrier, field, expiresAt }) => `${of.interfaceId} ${guard} ${carrier} ${field} ${expiresAt}`}
      searchText={({ of, field, reason }) => `${of.interfaceId} ${of.name['zh-CN']} ${of.name.en} ${field} ${reason}`}
      columns={useColumns()}
      isLoading={interfaces.isPending}
      error={interfaces.error}
      onRefresh={() => void interfaces.refetch()}
      empty={<EmptyState title={t('empty')} next={t('emptyNext')} />}
      exportName="content-exceptions"
    />
  );
}

function useColumns(): readonly Column<Row>[] {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const carrierOf = useTexts(CARRIER_TEXTS);
  const { labelOf } = useStageWords();
  const save = useMutationOf('interfaces.save');
  const remove = async (row: Row, $reason: string) => {
    const { interfaceId } = row.of;
    // Read it again: somebody may have saved it since the list was read.
    const document = await call('interfaces.get', { interfaceId });
    const options = document.policies?.[row.guard];
    if (typeof options !== 'object') return;
    const left = exceptionsInForce(options).filter(({ carrier, field }) => carrier !== row.carrier || field !== row.field);
    const policies = { ...document.policies, [row.guard]: { ...options, exceptions: left } };
    await save.mutateAsync({ interfaceId, document: { ...document, policies }, $reason });
  };
  return [
    {
      key: 'interface',
      title: t('interface'),
      value: ({ of }) => text(of.name),
      render: ({ of, guard }) => <Link to={`/interfaces/${of.interfaceId}?policy=${guard}`}>{text(of.name) || of.interfaceId}</Link>,
    },
    { key: 'check', title: t('check'), value: ({ guard }) => labelOf(guard), render: ({ guard }) => labelOf(guard) },
    {
      key: 'field',
      title: t('field'),
      value: ({ field }) => field,
      render: ({ carrier, field }) => (
        <>
          {carrierOf(carrier)} <code>{field}</code>
        </>
      ),
    },
    { key: 'reason', title: t('reason'), value: ({ reason }) => reason, render: ({ reason }) => reason },
    {
      key: 'expires',
      title: t('expires'),
      value: ({ expiresAt }) => Date.parse(expiresAt),
      render: ({ expiresAt }) => <ExpiryText at={Date.parse(expiresAt)} />,
    },
    {
      key: 'remove',
      title: '',
      width: 48,
      render: (row) =>
        may('interfaces.edit') ? (
          <RemoveButton
            isSmall
            name={row.field}
            effect={t('removeEffect', { check: labelOf(row.guard), field: row.field })}
            run={(reason) => remove(row, reason)}
          />
        ) : null,
    },
  ];
}

/** The options of a content check as the document has them: their schema has checked them. */
function exceptionsOf(options: unknown): readonly Exception[] {
  return ((options ?? {}) as { readonly exceptions?: readonly Exception[] }).exceptions ?? [];
}

/** Returns the exceptions whose time is not over: those that are over cannot be saved again. */
export function exceptionsInForce(options: unknown): readonly Exception[] {
  return exceptionsOf(options).filter(({ expiresAt }) => Date.parse(expiresAt) > Date.now());
}
