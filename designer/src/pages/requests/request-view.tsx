/** Shows what a request is about: the version or address, the gateway, and what changes for which caller. */
import { addressesOf } from '../../../../gateways/documents/upstream-target.ts';
import { Alert } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { ApiError } from '../../api/client.ts';
import type { Input, Output } from '../../api/operation-types.ts';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { createNodeTypes } from '../../model/flow/node-types.ts';
import { TimeText } from '../../kit/time/time-text.tsx';
import { FlowDifferenceOf } from '../../release/flow-difference-view.tsx';
import { WhoIsAffected } from '../../release/who-is-affected.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';
import { FRONT_TEXTS, StateTag, TargetText } from '../../release/interface-parts.tsx';
import { AdapterChanges, GrantChanges, InterfaceChanges } from './asked-changes.tsx';
import { BrokerRemoval } from './broker-removal.tsx';
import { CollectionRemoval } from './collection-removal.tsx';
import { Facts } from './facts.tsx';
import { RealHosts } from './real-hosts.tsx';
import styles from './requests-page.module.css';

const TEXTS = defineTexts({
  flow: ['流程', 'Flow'],
  draft: ['要发布的', 'To be published'],
  draftOf: ['第 {{revision}} 次保存的草稿', 'The draft of save {{revision}}'],
  inService: ['线上版本', 'In service now'],
  version: ['版本 {{version}}', 'Version {{version}}'],
  notYet: ['还没有发布过', 'Not published yet'],
  note: ['发布说明', 'Note'],
  differs: ['将发布的修改', 'What will be published'],
  interface: ['接口', 'Interface'],
  front: ['网关', 'Front'],
  address: ['方法与路径', 'Method and path'],
  target: ['通到', 'Target'],
  state: ['状态', 'State'],
  becomes: ['改为', 'becomes'],
  callers: ['可以调用的应用', 'Apps that may call it'],
  noCallers: ['还没有应用获得授权：上线后仍须授权才能调用', 'None: without a grant no one can call it'],
  count: ['{{count}} 个', '{{count}}'],
  flowNotYet: ['流程还没有发布：上线后的调用会失败，直到它发布。', 'The flow is not published yet: calls fail until it is.'],
  app: ['应用', 'App'],
  ends: ['到期', 'Ends'],
  adapter: ['适配器', 'Adapter'],
  isNew: ['新建', 'New'],
  instances: ['后端实例', 'Instances'],
});

type Details = Output<'requests.get'>;

/**
 * Renders a request in words. Renders nothing if the console does not know the requested action; the input is then
 * shown as JSON elsewhere.
 */
export function RequestView({ request: { action, input } }: { readonly request: Details }): ReactNode {
  switch (action) {
    case 'flows.publish':
      return <Publication input={input as Input<'flows.publish'>} />;
    case 'interfaces.save':
      return <SavedInterface document={(input as Input<'interfaces.save'>).document} />;
    case 'interfaces.set-state':
      return <SetState input={input as Input<'interfaces.set-state'>} />;
    case 'grants.save':
      return <Grant document={(input as Input<'grants.save'>).document} />;
    case 'adapters.save':
      return <SavedAdapter document={(input as Input<'adapters.save'>).document} />;
    case 'brokers.purge':
    case 'brokers.remove-destination':
      return <BrokerRemoval input={input as Input<'brokers.purge'>} />;
    case 'flow-data.remove-items':
      return <CollectionRemoval input={input as Input<'flow-data.remove-items'>} />;
    default:
      return null;
  }
}

function Publication({ input: { flowId, revision = 0, note } }: { readonly input: Input<'flows.publish'> }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const nodes = useQueryOf('nodes.list', {});
  const versions = useListOf('flows.versions', { flowId });
  const saves = useListOf('flows.revisions', { flowId });
  const asked = useQueryOf('flows.revision', { flowId, revisionId: String(revision) });
  const current = versions.data?.items.find(({ isCurrent }) => isCurrent)?.version;
  const published = useQueryOf('flows.version', { flowId, version: current ?? 1 }, { enabled: current !== undefined });
  const save = saves.data?.items.find(({ id }) => id === String(revision));
  const isKnown = nodes.data !== undefined && versions.data !== undefined && (current === undefined || published.data !== undefined);
  return (
    <>
      <Facts
        rows={[
          [
            t('flow'),
            <Link key="flow" to={`/flows/${flowId}`}>
              {text(asked.data?.name) || flowId}
            </Link>,
          ],
          [
            t('draft'),
            <span key="draft">
              {t('draftOf', { revision })}
              {save === undefined ? null : (
                <>
                  {' · '}
                  {save.savedBy} · <TimeText at={save.savedAt} />
                </>
              )}
            </span>,
          ],
          [t('inService'), current === undefined ? t('notYet') : t('version', { version: current })],
          ...(note === undefined ? [] : [[t('note'), note] as const]),
        ]}
      />
      <WhoIsAffected flowId={flowId} />
      {isKnown && asked.data !== undefined ? (
        <section>
          <h3 className={styles.heading}>{t('differs')}</h3>
          <FlowDifferenceOf types={createNodeTypes(nodes.data.items)} before={published.data?.document} after={asked.data} />
        </section>
      ) : null}
    </>
  );
}

type Interface = Output<'interfaces.get'>;

function SetState({ input: { interfaceId, state } }: { readonly input: Input<'interfaces.set-state'> }) {
  const stored = useQueryOf('interfaces.get', { interfaceId });
  return stored.data === undefined ? null : <InterfaceFacts document={stored.data} before={stored.data.state} after={state} />;
}

function SavedInterface({ document }: { readonly document: Input<'interfaces.save'>['document'] }) {
  const { interfaceId } = document;
  const { stored, isSettled } = useStored(useQueryOf('interfaces.get', { interfaceId }, { enabled: document.revision > 0 }), document);
  if (!isSettled) return null;
  return (
    <>
      <InterfaceFacts document={document as Interface} before={stored?.state} after={document.state} />
      <RealHosts document={document} />
      <InterfaceChanges before={stored} after={document} />
    </>
  );
}

function Instances({ of: instances }: { readonly of: readonly string[] }) {
  return (
    <>
      {instances.map((instance) => (
        <div key={instance}>
          <code>{instance}</code>
        </div>
      ))}
    </>
  );
}

interface InterfaceFactsProps {
  readonly document: Interface;
  readonly before: Interface['state'] | undefined;
  readonly after: Interface['state'];
}

function InterfaceFacts({ document, before, after }: InterfaceFactsProps) {
  const t = useTexts(TEXTS);
  const fronts = useTexts(FRONT_TEXTS);
  const text = useText();
  const list = useListOf('interfaces.list', {});
  const flows = useListOf('flows.list', {});
  const { interfaceId, front, method, path, target, name } = document;
  const flow = target.kind === 'flow' ? flows.data?.items.find(({ flowId }) => flowId === target.flowId) : undefined;
  const grants = list.data?.items.find((item) => item.interfaceId === interfaceId)?.grants ?? 0;
  const version = flow?.publishedVersion;
  return (
    <>
      <Facts
        rows={[
          [
            t('interface'),
            before === undefined ? (
              <span key="new">
                {text(name)} · {t('isNew')}
              </span>
            ) : (
              <Link key="to" to={`/interfaces/${interfaceId}`}>
                {text(name)}
              </Link>
            ),
          ],
          [t('front'), fronts(front)],
          [t('address'), <code key="address">{`${method} ${path}`}</code>],
          [
            t('target'),
            <span key="target">
              <TargetText item={flow === undefined ? { target } : { target, flow: { name: flow.name } }} />
              {version === undefined ? null : ` · ${t('version', { version })}`}
            </span>,
          ],
          ...(target.kind === 'upstream' ? [[t('instances'), <Instances key="instances" of={addressesOf(target)} />] as const] : []),
          [
            t('state'),
            <span key="state">
              {before === undefined || before === after ? null : (
                <>
                  <StateTag state={before} /> {t('becomes')}{' '}
                </>
              )}
              <StateTag state={after} />
            </span>,
          ],
          [t('callers'), grants === 0 ? t('noCallers') : t('count', { count: grants })],
        ]}
      />
      {flow !== undefined && version === undefined ? <Alert type="warning" showIcon title={t('flowNotYet')} /> : null}
    </>
  );
}

function Grant({ document }: { readonly document: Input<'grants.save'>['document'] }) {
  const { grantId, appId, interfaceId, expiresAt } = document;
  const t = useTexts(TEXTS);
  const fronts = useTexts(FRONT_TEXTS);
  const text = useText();
  const may = useMay();
  const app = useQueryOf('apps.get', { appId }, { enabled: may('callers.read') });
  const grants = useListOf('grants.list', {}, { enabled: document.revision > 0 && may('callers.read') });
  const stored = grants.data?.items.find((grant) => grant.grantId === grantId);
  const offered = useQueryOf('interfaces.get', { interfaceId });
  const { name, front, method, path } = offered.data ?? {};
  return (
    <>
      <Facts
        rows={[
          [
            t('app'),
            <Link key="app" to={`/callers/${appId}`}>
              {text(app.data?.name) || appId}
            </Link>,
          ],
          [
            t('interface'),
            <Link key="to" to={`/interfaces/${interfaceId}`}>
              {text(name) || interfaceId}
            </Link>,
          ],
          ...(front === undefined
            ? []
            : [[t('front'), fronts(front)] as const, [t('address'), <code key="address">{`${method} ${path}`}</code>] as const]),
          [t('ends'), <ExpiryText key="ends" at={expiresAt} />],
        ]}
      />
      {stored === undefined ? null : <GrantChanges before={stored} after={document} />}
    </>
  );
}

function SavedAdapter({ document }: { readonly document: Input<'adapters.save'>['document'] }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { adapterId, name } = document;
  const { stored, isSettled } = useStored(useQueryOf('adapters.get', { adapterId }, { enabled: document.revision > 0 }), document);
  if (!isSettled) return null;
  return (
    <>
      <Facts
        rows={[
          [
            t('adapter'),
            stored === undefined ? (
              text(name)
            ) : (
              <Link key="to" to={`/adapters/${adapterId}`}>
                {text(stored.name) || adapterId}
              </Link>
            ),
          ],
        ]}
      />
      <RealHosts document={document} />
      <AdapterChanges before={stored} after={document} />
    </>
  );
}

/** Returns the stored document that would be replaced; undefined if it is new or was removed in the meantime. */
function useStored<T>(
  query: { readonly data: T | undefined; readonly error: ApiError | null },
  { revision }: { readonly revision: number },
): { readonly stored: T | undefined; readonly isSettled: boolean } {
  return { stored: query.data, isSettled: revision === 0 || query.data !== undefined || query.error !== null };
}
