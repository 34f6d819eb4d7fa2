/** The page `/calls/simulate`: what each policy of a gateway would do to a described request. */
import { Alert, Button, Skeleton } from 'antd';
import { useMutation } from '@tanstack/react-query';
import { FlaskConical } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { FRONTS, type Front } from '../../../../engine/contract/access/access.ts';
import { call, type ApiError } from '../../api/client.ts';
import type { Input } from '../../api/operation-types.ts';
import type { Explanation } from '../../api/operations.ts';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader, Panel } from '../../kit/page/page-header.tsx';
import { useMay } from '../../session/session-context.ts';
import styles from './calls.module.css';
import { draftFor, emptyDraft, findWrongFields, METHODS, toExplained, type RequestDraft } from './described-request.ts';
import { RequestForm } from './request-form.tsx';
import { VerdictList } from './verdict-list.tsx';

const TEXTS = defineTexts({
  title: ['模拟请求', 'Simulate a request'],
  calls: ['调用', 'Calls'],
  help: [
    '描述一个请求，看网关的每个策略会怎样处理它。不发送、不计数、不占用 nonce，也不写访问日志；模拟会写入审计。',
    'Describe a request and see what each policy of the gateway would do to it. Nothing is sent, counted, claimed or logged; the audit trail names who simulated.',
  ],
  request: ['请求', 'Request'],
  simulate: ['模拟', 'Simulate'],
  result: ['结果', 'Result'],
  nothing: ['还没有模拟', 'Nothing simulated yet'],
  nothingNext: ['填好左边的请求，按“模拟”。', 'Describe the request, then press "Simulate".'],
  changed: ['请求改过了：下面是改动之前的结果', 'The request has changed: this is the result of the earlier one'],
});

export function SimulatePage() {
  const [address, setAddress] = useSearchParams();
  const may = useMay();
  const interfaceId = address.get('interface') ?? undefined;
  const appId = address.get('app') ?? undefined;
  const known = useQueryOf('interfaces.get', { interfaceId: interfaceId ?? '' }, { enabled: interfaceId !== undefined });
  const grants = useListOf('grants.list', {}, { enabled: interfaceId !== undefined && appId === undefined && may('callers.read') });
  if (interfaceId !== undefined && known.data === undefined && known.error === null) return <Loading />;
  if (grants.isLoading) return <Loading />;
  const granted = grants.data?.items.find((grant) => grant.interfaceId === interfaceId)?.appId;
  const front = FRONTS.find((one) => one === address.get('front')) ?? 'open';
  const start =
    known.data === undefined || interfaceId === undefined
      ? { ...emptyDraft(front), appId: appId ?? '', method: METHODS.find((one) => one === address.get('method')) ?? 'GET' }
      : draftFor(known.data, appId ?? granted ?? '');
  return (
    <Simulator
      key={interfaceId ?? ''}
      start={start}
      interfaceId={interfaceId}
      onInterface={(chosen) => setAddress({ interface: chosen }, { replace: true })}
    />
  );
}

function Loading() {
  const t = useTexts(TEXTS);
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} trail={[{ label: t('calls'), to: '/calls' }]} />
      <Panel>
        <Skeleton active paragraph={{ rows: 8 }} />
      </Panel>
    </Page>
  );
}

interface SimulatorProps {
  readonly start: RequestDraft & { readonly front: Front };
  readonly interfaceId: string | undefined;
  readonly onInterface: (interfaceId: string) => void;
}

function Simulator({ start, interfaceId, onInterface }: SimulatorProps) {
  const t = useTexts(TEXTS);
  const [draft, setDraft] = useState<RequestDraft>(start);
  const [isAsked, setAsked] = useState(false);
  const explain = useMutation<Explanation, ApiError, Input<'calls.explain'>>({ mutationFn: (asked) => call('calls.explain', asked) });
  const wrong = findWrongFields(draft);
  const submit = () => {
    setAsked(true);
    if (wrong.length === 0) explain.mutate(toExplained(draft));
  };
  const isOld = explain.data !== undefined && JSON.stringify(explain.variables) !== JSON.stringify(toExplained(draft));
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} trail={[{ label: t('calls'), to: '/calls' }]} />
      <div className={styles.simulator}>
        <Panel
          title={t('request')}
          extra={
            <Button type="primary" icon={<FlaskConical size={16} />} loading={explain.isPending} onClick={submit}>
              {t('simulate')}
            </Button>
          }
        >
          <RequestForm draft={draft} interfaceId={interfaceId} wrong={isAsked ? wrong : []} onChange={setDraft} onInterface={onInterface} />
        </Panel>
        <Panel title={t('result')}>
          {explain.error === null ? null : <ErrorBox error={explain.error} onRetry={submit} />}
          {isOld ? <Alert type="info" showIcon title={t('changed')} /> : null}
          {explain.data !== undefined ? (
            <VerdictList explanation={explain.data} />
          ) : explain.error === null ? (
            <EmptyState title={t('nothing')} next={t('nothingNext')} />
          ) : null}
        </Panel>
      </div>
    </Page>
  );
}
