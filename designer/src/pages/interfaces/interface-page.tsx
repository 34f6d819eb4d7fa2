import { App, Button } from 'antd';
import { ArrowLeftRight, CirclePower, CircleSlash, FlaskConical, Send } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import type { Output } from '../../api/operation-types.ts';
import { useListOf, useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { AskedAlready, useAsked } from '../../kit/approval/asked-already.tsx';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { CallsPanel } from '../../kit/traffic/call-state.tsx';
import { callsAddress } from '../../kit/traffic/calls-address.ts';
import type { Content } from '../../kit/document/content.ts';
import { DocumentForm } from '../../kit/document/document-form.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { useAsk } from '../../kit/approval/use-ask.tsx';
import { useOpened } from '../../kit/document/use-opened.ts';
import { InterfaceCall } from './interface-aside.tsx';
import { InterfaceForm } from './interface-form.tsx';
import { InterfaceGrants } from './interface-grants.tsx';
import { heldOf, StateTag } from '../../release/interface-parts.tsx';
import { interfaceProblems, wholeInterface } from './interface-schema.ts';
import { InterfaceTraffic } from './interface-traffic.tsx';
import { LoadPanel } from './load/load-panel.tsx';
import { RegistryPanel } from './registry-panel.tsx';
import { PurgeCache } from './purge-cache.tsx';
import { useInterfaceIssues } from './use-interface-issues.ts';

const TEXTS = defineTexts({
  interfaces: ['接口与服务', 'Interfaces'],
  document: ['接口设置', 'Settings of the interface'],
  saved: ['已保存，网关一秒内生效', 'Saved: gateways use it within a second'],
  calls: ['查看调用', 'Calls'],
  simulate: ['模拟请求', 'Simulate'],
  putOnline: ['上线', 'Put online'],
  putOffline: ['下线', 'Take offline'],
  askOnline: ['申请上线', 'Request to put it online'],
  askOffline: ['申请下线', 'Request to take it offline'],
  onlineEffect: ['“{{name}}”上线后，获得授权的调用方即可调用它。', 'When "{{name}}" is online, callers with a grant can call it.'],
  offlineEffect: [
    '“{{name}}”下线后，新的调用在一秒内被拒绝；在途的消息继续走完。',
    'When "{{name}}" is offline, new calls are refused within a second; running messages continue.',
  ],
  removeEffect: [
    '删除接口“{{name}}”及其 {{count}} 个授权。一秒内对它的调用返回“接口不存在”，无法恢复。',
    'Deletes the interface "{{name}}" with its {{count}} {{count|grant|grants}}. Within a second it no longer exists for callers; this cannot be undone.',
  ],
});

const REFRESH_MS = 5000;

type Interface = Output<'interfaces.get'>;

/** Shows one interface: its form with problems, an example call, its grants, and its online state. */
export function InterfacePage() {
  const { interfaceId = '' } = useParams();
  const answer = useQueryOf('interfaces.get', { interfaceId });
  const { opened, setOpened, reload } = useOpened(answer, interfaceId, (document) => document.interfaceId);
  if (opened !== undefined) return <Loaded key={interfaceId} document={opened} onSaved={setOpened} onReload={reload} />;
  return answer.error === null ? null : <ErrorBox error={answer.error} onRetry={() => void answer.refetch()} isPage />;
}

interface LoadedProps {
  readonly document: Interface;
  readonly onSaved: (document: Interface) => void;
  readonly onReload: () => void;
}

function Loaded({ document, onSaved, onReload }: LoadedProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const go = useNavigate();
  const { message } = App.useApp();
  const save = useMutationOf('interfaces.save');
  const { interfaceId, revision, state, ...content } = document;
  const calls = useQueryOf('interfaces.calls', { interfaceId }, { refetchIntervalMs: REFRESH_MS });
  const list = useListOf('interfaces.list', {}, { refetchIntervalMs: REFRESH_MS });
  const item = list.data?.items.find((one) => one.interfaceId === interfaceId);
  const fixed = useMemo(() => ({ interfaceId, revision, state }), [interfaceId, revision, state]);
  const submit = async (next: Content) => {
    onSaved(await save.mutateAsync({ interfaceId, document: wholeInterface(next, fixed) }));
    void message.success(t('saved'));
  };
  const reload = () => {
    save.reset();
    onReload();
  };
  const isReadOnly = !may('interfaces.edit');
  const [isChanged, setChanged] = useState(false);
  return (
    <Page>
      <PageHeader
        title={text(document.name) || interfaceId}
        trail={[{ label: t('interfaces'), to: '/interfaces' }]}
        beside={
          <>
            <StateTag state={state} />
            <code>{interfaceId}</code>
          </>
        }
        actions={
          <>
            <PurgeCache document={document} />
            <Button icon={<ArrowLeftRight size={16} />} onClick={() => void go(callsAddress({ interface: interfaceId }))}>
              {t('calls')}
            </Button>
            <Button icon={<FlaskConical size={16} />} onClick={() => void go(`/calls/simulate?interface=${interfaceId}`)}>
              {t('simulate')}
            </Button>
            <StateButton document={document} isDisabled={isChanged} onDone={onSaved} />
            {may('interfaces.publish') ? <Remove document={document} /> : null}
          </>
        }
      />
      {calls.data === undefined ? null : (
        <CallsPanel report={calls.data} held={item === undefined ? undefined : heldOf(item)} interfaceId={interfaceId} />
      )}
      <LoadPanel document={document} />
      {document.target.kind === 'upstream' ? <RegistryPanel interfaceId={document.interfaceId} /> : null}
      <DocumentForm
        key={revision}
        title={t('document')}
        content={content}
        isReadOnly={isReadOnly}
        error={save.error}
        isSaving={save.isPending}
        problems={(next, language) => interfaceProblems(next, fixed, language)}
        onSave={(next) => void submit(next).catch(() => undefined)}
        onReload={reload}
        onChanged={setChanged}
        form={(parts) => <CheckedForm {...parts} fixed={fixed} isNew={false} isReadOnly={isReadOnly} />}
        aside={({ content: now }) => (
          <>
            <InterfaceTraffic interfaceId={interfaceId} />
            <InterfaceGrants interfaceId={interfaceId} name={text(document.name)} />
            <InterfaceCall called={wholeInterface(now, fixed)} />
          </>
        )}
      />
    </Page>
  );
}

type CheckedFormProps = Omit<Parameters<typeof InterfaceForm>[0], 'issues'> & { readonly fixed: Content };

/** Edits an interface and also shows problems that only the platform can find. */
export function CheckedForm({ fixed, ...form }: CheckedFormProps) {
  const isWrong = interfaceProblems(form.content, fixed, 'en').length > 0;
  const issues = useInterfaceIssues(isWrong ? undefined : wholeInterface(form.content, fixed));
  return <InterfaceForm {...form} issues={issues} />;
}

function Remove({ document: { interfaceId, name } }: { readonly document: Interface }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const go = useNavigate();
  const list = useListOf('interfaces.list', {});
  const remove = useMutationOf('interfaces.remove', ['apps', 'grants']);
  const count = list.data?.items.find((item) => item.interfaceId === interfaceId)?.grants ?? 0;
  return (
    <RemoveButton
      name={text(name) || interfaceId}
      effect={t('removeEffect', { name: text(name), count })}
      isAsking={!list.isSuccess}
      run={async ($reason) => {
        await remove.mutateAsync({ interfaceId, $reason });
        void go('/interfaces');
      }}
    />
  );
}

interface StateButtonProps {
  readonly document: Interface;
  /** True if the document has unsaved changes, which the user must save first. */
  readonly isDisabled: boolean;
  readonly onDone: (document: Interface) => void;
}

function StateButton({ document: { interfaceId, name, state, revision }, isDisabled, onDone }: StateButtonProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const confirm = useConfirm();
  const set = useMutationOf('interfaces.set-state');
  const askFor = useAsk();
  const { open } = useAsked('interfaces.set-state', ({ subject }) => subject.startsWith(`${interfaceId} `));
  const isOnline = state === 'online';
  if (!may('interfaces.publish')) {
    const input = { interfaceId, state: isOnline ? 'offline' : 'online', revision };
    const about = t(isOnline ? 'offlineEffect' : 'onlineEffect', { name: text(name) });
    if (open.length > 0) return <AskedAlready requests={open} />;
    return (
      <Button icon={<Send size={16} />} onClick={() => askFor('interfaces.set-state', input, { about })}>
        {t(isOnline ? 'askOffline' : 'askOnline')}
      </Button>
    );
  }
  const verb = isOnline ? t('putOffline') : t('putOnline');
  const ask = () =>
    confirm({
      title: verb,
      effect: t(isOnline ? 'offlineEffect' : 'onlineEffect', { name: text(name) }),
      verb,
      isDangerous: isOnline,
      needsReason: true,
      run: async ($reason) => onDone(await set.mutateAsync({ interfaceId, state: isOnline ? 'offline' : 'online', $reason })),
    });
  return (
    <Button disabled={isDisabled} icon={isOnline ? <CircleSlash size={16} /> : <CirclePower size={16} />} onClick={ask}>
      {verb}
    </Button>
  );
}
