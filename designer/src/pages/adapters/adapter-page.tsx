import { App } from 'antd';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import type { Input, Output } from '../../api/operation-types.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { AskedAlready, RefusedLately, useAsked } from '../../kit/approval/asked-already.tsx';
import { CallsPanel } from '../../kit/traffic/call-state.tsx';
import type { Content } from '../../kit/document/content.ts';
import { DocumentForm } from '../../kit/document/document-form.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { useAsk } from '../../kit/approval/use-ask.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { useOpened } from '../../kit/document/use-opened.ts';
import { AdapterForm } from './adapter-form.tsx';
import { adapterProblems, savedAdapter } from './adapter-schema.ts';
import { ADAPTER_TEXTS } from './adapter-texts.ts';
import { AdapterUses, InUseNotice, useAdapterUses, useHeldAt } from './adapter-uses.tsx';
import { isSecretsAffair } from './secrets-affair.ts';
import { ConnectionTest } from './connection-test.tsx';
import { LimitsPanel } from './limits-panel.tsx';
import { TransportPanel } from './transport-panel.tsx';

const TEXTS = defineTexts({
  settings: ['适配器设置', 'Settings of the adapter'],
  saved: ['已保存，下一次调用即使用', 'Saved: the next call uses it'],
  removeEffect: ['删除适配器“{{name}}”及其测试记录。', 'Deletes the adapter "{{name}}" with its test history.'],
  usesHelp: [
    '以下流程和接口经它连接对方系统，先为它们改选其他适配器：',
    'These flows and interfaces use it; give them another adapter first:',
  ],
});

const REFRESH_MS = 5000;

type Adapter = Output<'adapters.get'>;

/** Shows one adapter: its form, a connection test, and its uses. */
export function AdapterPage() {
  const { adapterId = '' } = useParams();
  const adapter = useQueryOf('adapters.get', { adapterId });
  const types = useQueryOf('adapters.types', {});
  const { opened, setOpened, reload } = useOpened(adapter, adapterId, (document) => document.adapterId);
  const error = adapter.error ?? types.error;
  if (opened !== undefined && types.data !== undefined)
    return <Loaded key={adapterId} adapter={opened} onSaved={setOpened} onReload={reload} />;
  return error === null ? null : <ErrorBox error={error} onRetry={() => void adapter.refetch()} isPage />;
}

interface LoadedProps {
  readonly adapter: Adapter;
  readonly onSaved: (adapter: Adapter) => void;
  readonly onReload: () => void;
}

function Loaded({ adapter, onSaved, onReload }: LoadedProps) {
  const t = useTexts(TEXTS);
  const words = useTexts(ADAPTER_TEXTS);
  const text = useText();
  const may = useMay();
  const { message } = App.useApp();
  const ask = useAsk();
  // A change that needs approval is not saved yet. So after a request, a new number shows the form again with the
  // stored document.
  const [askedCount, setAskedCount] = useState(0);
  const types = useQueryOf('adapters.types', {});
  const save = useMutationOf('adapters.save', ['secrets']);
  const { adapterId, revision, ...content } = adapter;
  const asked = useAsked('adapters.save', ({ subject }) => subject === adapterId);
  const held = useHeldAt(adapterId);
  const calls = useQueryOf('adapters.calls', { adapterId }, { refetchIntervalMs: REFRESH_MS });
  const type = types.data?.items.find(({ protocol }) => protocol === adapter.protocol);
  const whole = (changed: Content) => ({ ...changed, adapterId, revision }) as Input<'adapters.save'>['document'];
  const submit = async (changed: Content) => {
    const input = { adapterId, document: whole(changed) };
    try {
      onSaved(await save.mutateAsync(input));
      void message.success(t('saved'));
    } catch (error) {
      if (!isSecretsAffair(error)) throw error;
      save.reset();
      ask('adapters.save', input, { onAsked: () => setAskedCount((count) => count + 1) });
    }
  };
  const reload = () => {
    save.reset();
    onReload();
  };
  const isReadOnly = !may('adapters.edit');
  return (
    <Page>
      <PageHeader
        title={text(adapter.name) || adapterId}
        trail={[{ label: words('adapters'), to: '/adapters' }]}
        beside={
          <>
            <Tag tone="blue">{type === undefined ? adapter.protocol.toUpperCase() : text(type.text.label)}</Tag>
            <code>{adapterId}</code>
          </>
        }
        actions={isReadOnly ? null : <Remove adapter={adapter} />}
      />
      {calls.data === undefined ? null : <CallsPanel report={calls.data} hasGate held={held} />}
      {calls.data === undefined ? null : <LimitsPanel limits={adapter.limits ?? {}} calls={calls.data.now} />}
      <AskedAlready requests={asked.open} />
      <RefusedLately request={asked.refused} />
      <DocumentForm
        key={`${revision} ${askedCount}`}
        title={t('settings')}
        content={content}
        isReadOnly={isReadOnly}
        error={save.error}
        isSaving={save.isPending}
        problems={(changed, language) => adapterProblems(changed, adapterId, type, language)}
        toSave={(changed) => savedAdapter(changed, type)}
        onSave={(changed) => void submit(changed).catch(() => undefined)}
        onReload={reload}
        form={(parts) => <AdapterForm {...parts} adapterId={adapterId} type={type} isReadOnly={isReadOnly} />}
        aside={({ content: now, isChanged }) => (
          <>
            {isChanged ? <InUseNotice adapterId={adapterId} /> : null}
            <ConnectionTest
              adapterId={adapterId}
              unsaved={isChanged ? whole(now) : undefined}
              isOff={isChanged && adapterProblems(now, adapterId, type, 'en').length > 0}
            />
            <AdapterUses adapterId={adapterId} protocol={adapter.protocol} />
            <TransportPanel adapterId={adapterId} />
          </>
        )}
      />
    </Page>
  );
}

function Remove({ adapter: { adapterId, name } }: { readonly adapter: Adapter }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const go = useNavigate();
  const { uses, isAsking } = useAdapterUses(adapterId);
  const remove = useMutationOf('adapters.remove', ['secrets']);
  return (
    <RemoveButton
      name={text(name) || adapterId}
      effect={t('removeEffect', { name: text(name) })}
      uses={uses}
      usesHelp={t('usesHelp')}
      isAsking={isAsking}
      run={async ($reason) => {
        await remove.mutateAsync({ adapterId, $reason });
        void go('/adapters');
      }}
    />
  );
}
