import { App, Button, Descriptions } from 'antd';
import { CirclePower, CircleSlash } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useParams } from 'react-router';
import type { Input } from '../../api/client.ts';
import type { Outputs } from '../../api/outputs.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../parts/confirm-act.tsx';
import { CopyText } from '../../parts/copy-text.tsx';
import { DocumentEditor } from '../../parts/document-editor.tsx';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Page, PageHeader, Panel } from '../../parts/page-header.tsx';
import { useOpened } from '../../parts/use-opened.ts';
import { FRONT_TEXTS, StateTag, TargetText } from './interface-parts.tsx';
import { InterfaceProblems } from './interface-problems.tsx';

const TEXTS = defineTexts({
  interfaces: ['接口与服务', 'Interfaces'],
  front: ['前端', 'Front'],
  address: ['方法与路径', 'Method and path'],
  target: ['目标', 'Leads to'],
  timeout: ['超时', 'Timeout'],
  log: ['报文日志', 'Message log'],
  in: ['只记请求', 'Request only'],
  out: ['只记应答', 'Answer only'],
  full: ['请求与应答', 'Request and answer'],
  none: ['不记', 'None'],
  grants: ['授权应用', 'Granted apps'],
  document: ['接口文档', 'Document'],
  documentHelp: [
    '方法、路径、目标、策略与请求格式都在这里；保存后一秒内在网关生效。上线与离线用右上角的按钮。',
    'Method, path, target, policies and formats stand here; gateways use it within a second of saving. It goes on and off line by the button above.',
  ],
  saved: ['已保存，网关一秒内生效', 'Saved: gateways use it within a second'],
  putOnline: ['上线', 'Put online'],
  putOffline: ['下线', 'Take offline'],
  onlineEffect: ['“{{name}}”上线后，获得授权的调用方即可调用它。', 'Once "{{name}}" is online, callers that hold a grant can call it.'],
  offlineEffect: [
    '“{{name}}”下线后，新的调用在一秒内被拒绝；在途的消息继续走完。',
    'Once "{{name}}" is offline, new calls are refused within a second; messages under way go on.',
  ],
});

type Interface = Outputs['interfaces.get'];

/** One interface: its main facts, its document with what is wrong in it, and its being on or off line. */
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
  const { message } = App.useApp();
  const save = useMutationOf('interfaces.save');
  const { interfaceId, revision, state, ...content } = document;
  const [changed, setChanged] = useState<Readonly<Record<string, unknown>>>();
  const checked = useMemo(
    () => (changed === undefined ? undefined : { ...changed, interfaceId, revision, state }),
    [changed, interfaceId, revision, state],
  );
  const submit = async (next: Readonly<Record<string, unknown>>) => {
    const whole = { ...next, interfaceId, revision, state } as unknown as Input<'interfaces.save'>['document'];
    onSaved(await save.mutateAsync({ interfaceId, document: whole }));
    setChanged(undefined);
    void message.success(t('saved'));
  };
  const reload = () => {
    save.reset();
    setChanged(undefined);
    onReload();
  };
  return (
    <Page>
      <PageHeader
        title={text(document.name)}
        trail={[{ label: t('interfaces'), to: '/interfaces' }]}
        beside={<StateTag state={state} />}
        actions={<StateButton document={document} isDisabled={changed !== undefined} onDone={onSaved} />}
      />
      <Facts document={document} />
      <DocumentEditor
        key={revision}
        title={t('document')}
        help={t('documentHelp')}
        content={content}
        isReadOnly={!may('interfaces.edit')}
        error={save.error}
        isSaving={save.isPending}
        onSave={(next) => void submit(next).catch(() => undefined)}
        onReload={reload}
        onChange={(next) => setChanged(JSON.stringify(next) === JSON.stringify(content) ? undefined : next)}
        problems={checked === undefined || save.error !== null ? null : <InterfaceProblems document={checked} />}
      />
    </Page>
  );
}

interface StateButtonProps {
  readonly document: Interface;
  /** A changed document is saved first. */
  readonly isDisabled: boolean;
  readonly onDone: (document: Interface) => void;
}

function StateButton({ document: { interfaceId, name, state }, isDisabled, onDone }: StateButtonProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const confirm = useConfirm();
  const set = useMutationOf('interfaces.set-state');
  if (!may('interfaces.publish')) return null;
  const isOnline = state === 'online';
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
    <Button danger={isOnline} disabled={isDisabled} icon={isOnline ? <CircleSlash size={16} /> : <CirclePower size={16} />} onClick={ask}>
      {verb}
    </Button>
  );
}

function Facts({ document }: { readonly document: Interface }) {
  const t = useTexts(TEXTS);
  const front = useTexts(FRONT_TEXTS);
  const format = useFormat();
  const list = useQueryOf('interfaces.list', {});
  const item = list.data?.items.find(({ interfaceId }) => interfaceId === document.interfaceId);
  const shown = { target: document.target, ...(item?.flow === undefined ? {} : { flow: item.flow }) };
  return (
    <Panel>
      <Descriptions
        size="small"
        column={3}
        items={[
          { key: 'front', label: t('front'), children: front(document.front) },
          { key: 'address', label: t('address'), span: 2, children: <CopyText text={`${document.method} ${document.path}`} /> },
          { key: 'target', label: t('target'), children: <TargetText item={shown} /> },
          { key: 'timeout', label: t('timeout'), children: format.duration(document.timeoutMs) },
          { key: 'log', label: t('log'), children: t(document.log) },
          ...(item?.grants === undefined ? [] : [{ key: 'grants', label: t('grants'), children: format.number(item.grants) }]),
        ]}
      />
    </Panel>
  );
}
