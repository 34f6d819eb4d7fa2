import { Link } from 'react-router';
import { useListOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { AddGrant, AskedGrants } from '../callers/add-grant.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';
import { RemoveGrant } from '../callers/remove-grant.tsx';
import styles from './interfaces.module.css';

const TEXTS = defineTexts({
  title: ['授权应用', 'Granted apps'],
  noApps: [
    '还没有应用：由安全管理员在“调用方”页建立。',
    'There are no apps yet: the security administrator creates them on the page "Callers".',
  ],
  none: ['还没有授权给任何应用，谁也不能调用。', 'No app has a grant yet: no one can call it.'],
});

/** Shows the apps that may call the interface. */
export function InterfaceGrants({ interfaceId, name }: { readonly interfaceId: string; readonly name: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const isAllowed = may('callers.read');
  const grants = useListOf('grants.list', {}, { enabled: isAllowed });
  const apps = useListOf('apps.list', {}, { enabled: isAllowed });
  if (!isAllowed) return null;
  const own = (grants.data?.items ?? []).filter((grant) => grant.interfaceId === interfaceId);
  const nameOf = (id: string) => text(apps.data?.items.find(({ appId }) => appId === id)?.name) || id;
  const open = (apps.data?.items ?? []).filter(({ appId }) => !own.some((grant) => grant.appId === appId));
  return (
    <Panel title={t('title')}>
      {grants.error === null ? null : <ErrorBox error={grants.error} />}
      <div className={styles.stack}>
        {grants.data !== undefined && own.length === 0 ? <span className={styles.quiet}>{t('none')}</span> : null}
        {own.map(({ grantId, appId, expiresAt }) => (
          <div key={grantId} className={styles.grant}>
            <Link to={`/callers/${appId}?interface=${interfaceId}`}>{nameOf(appId)}</Link>
            <span className={styles.quiet}>
              <ExpiryText at={expiresAt} />
            </span>
            {may('grants.edit') ? <RemoveGrant grantId={grantId} app={nameOf(appId)} name={name} /> : null}
          </div>
        ))}
        {apps.data?.items.length === 0 ? <span className={styles.quiet}>{t('noApps')}</span> : null}
        {open.length === 0 ? null : (
          <>
            <AskedGrants given={interfaceId} />
            <AddGrant
              chooses="app"
              given={interfaceId}
              options={open.map(({ appId, name: app }) => ({ value: appId, label: text(app) || appId }))}
            />
          </>
        )}
      </div>
    </Panel>
  );
}
