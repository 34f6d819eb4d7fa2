/** Shows how callers reach a published flow: its interfaces, and a form to create the first one. */
import { Alert } from 'antd';
import { ArrowRight } from 'lucide-react';
import { Link } from 'react-router';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { useListOf, useQueryOf } from '../api/queries.ts';
import { useMay } from '../session/session-context.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { FRONT_TEXTS, StateTag, type InterfaceItem } from './interface-parts.tsx';
import { CopyText } from '../kit/text/copy-text.tsx';
import { AskedAlready, RefusedLately, useAsked } from '../kit/approval/asked-already.tsx';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { useWhoMay } from '../kit/feedback/who-may.ts';
import { GrantApp } from './grant-app.tsx';
import { NewInterface } from './new-interface.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  title: ['接口', 'Interface'],
  notYet: ['发布后，在这里给它一个接口地址，外部才能调用。', 'After it is published, give it an address here, so that others can call it.'],
  none: [
    '流程已上线，但还没有接口通到它：外部还不能调用。',
    'The flow is in service, but no interface has it as its target: no one can call it yet.',
  ],
  noRight: ['接口由{{roles}}创建，您可以在这里申请。', 'Interfaces are created by: {{roles}}. You can request one here.'],
  grants: ['{{count}} 个应用可以调用', '{{count}} {{count|app|apps}} can call it'],
  howToCall: ['密钥与调用示例', 'Keys and examples of calls'],
  noGrants: ['还没有应用获得授权：现在谁都不能调用。', 'No app has a grant: no one can call it now.'],
  whoGrants: ['授权由{{roles}}办理。', 'Granted by: {{roles}}.'],
  messages: ['查看经过这条流程的消息', 'See the messages that went through this flow'],
});

/** Shows the interfaces. It is only for flows that an interface call starts. */
export function InterfacePanel({ isPublished }: { readonly isPublished: boolean }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const document = useEditor(({ history }) => history.document);
  const isCalled = useEditor(({ history, types }) =>
    history.document.nodes.some((node) => types.isTrigger(node) && types.get(node.type)?.listens === false),
  );
  const interfaces = useListOf('interfaces.list', {}, { enabled: isCalled && may('interfaces.read') });
  if (!isCalled || !may('interfaces.read')) return null;
  if (interfaces.error !== null) return <ErrorBox error={interfaces.error} onRetry={() => void interfaces.refetch()} />;
  if (interfaces.data === undefined) return null;
  const own = interfaces.data.items.filter(({ target }) => target.kind === 'flow' && target.flowId === document.flowId);
  return (
    <section className={styles.list} aria-label={t('title')}>
      <h3>{t('title')}</h3>
      {own.map((item) => (
        <OneInterface key={item.interfaceId} item={item} />
      ))}
      {own.length > 0 ? null : isPublished ? <FirstInterface flow={document} /> : <p className={styles.hint}>{t('notYet')}</p>}
      {isPublished && own.length > 0 && may('executions.read') ? (
        <Link to={`/messages?flow=${document.flowId}`} className={styles.onward}>
          {t('messages')} <ArrowRight size={14} aria-hidden />
        </Link>
      ) : null}
    </section>
  );
}

function FirstInterface({ flow }: { readonly flow: FlowDocument }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const whoMay = useWhoMay();
  const isAble = may('interfaces.edit') && may('interfaces.publish');
  // The id of the new interface is created for each request. So find the request by the name, which is that of the
  // flow.
  const { open, refused } = useAsked('interfaces.save', ({ names }) => names[0]?.['zh-CN'] === flow.name['zh-CN']);
  return (
    <>
      <Alert
        type="warning"
        showIcon
        title={t('none')}
        description={isAble ? undefined : t('noRight', { roles: whoMay('interfaces.edit') })}
      />
      {open.length > 0 && !isAble ? (
        <AskedAlready requests={open} />
      ) : (
        <>
          <RefusedLately request={refused} />
          <NewInterface flow={flow} />
        </>
      )}
    </>
  );
}

function OneInterface({ item: { interfaceId, name, front, method, path, state, grants } }: { readonly item: InterfaceItem }) {
  const t = useTexts(TEXTS);
  const fronts = useTexts(FRONT_TEXTS);
  const text = useText();
  const may = useMay();
  const whoMay = useWhoMay();
  const system = useQueryOf('system.get', {}, { enabled: may('system.read') });
  const address = system.data?.addresses[front] ?? '';
  return (
    <div className={styles.change}>
      <div className={styles.changeTitle}>
        <Link to={`/interfaces/${interfaceId}`}>{text(name)}</Link> <StateTag state={state} />
      </div>
      <span className={styles.hint}>{fronts(front)}</span>
      <CopyText text={`${method} ${address}${path}`} />
      {grants === undefined ? null : grants > 0 ? (
        <span className={styles.hint}>
          {t('grants', { count: grants })} · <Link to="/callers">{t('howToCall')}</Link>
        </span>
      ) : (
        <>
          <span className={styles.doubtful}>{t('noGrants')}</span>
          {may('grants.edit') ? null : <span className={styles.hint}>{t('whoGrants', { roles: whoMay('grants.edit') })}</span>}
        </>
      )}
      {(may('grants.edit') || may('interfaces.edit')) && grants === 0 ? <GrantApp interfaceId={interfaceId} /> : null}
    </div>
  );
}
