import { Button, Select } from 'antd';
import { useState } from 'react';
import { useListOf } from '../api/queries.ts';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { AskedAlready, RefusedLately, useAsked } from '../kit/approval/asked-already.tsx';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { useGrant } from '../kit/approval/use-grant.ts';
import styles from './release.module.css';

const TEXTS = defineTexts({
  app: ['授权给应用', 'Grant it to an app'],
  grant: ['授权', 'Grant'],
  ask: ['申请授权', 'Request it'],
  none: [
    '还没有应用。调用方的应用由安全管理员在“调用方”页建立，之后在这里申请授权。',
    'No apps yet. The security administrator creates them on the page "Callers"; then request the grant here.',
  ],
});

/** Lets one app call the interface. A user who may not grant sends a request instead. */
export function GrantApp({ interfaceId }: { readonly interfaceId: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const apps = useListOf('apps.list', {});
  const { grant, isAsking, isPending, error } = useGrant();
  const { open, refused } = useAsked('grants.save', ({ subject }) => subject.endsWith(` -> ${interfaceId}`));
  const [appId, setApp] = useState<string>();
  if (isAsking && apps.data?.items.length === 0) return <span className={styles.hint}>{t('none')}</span>;
  return (
    <>
      <AskedAlready requests={open} />
      <RefusedLately request={refused} />
      <div className={styles.acts}>
        <Select
          className={styles.grow ?? ''}
          showSearch
          optionFilterProp="label"
          aria-label={t('app')}
          placeholder={t('app')}
          value={appId ?? null}
          options={(apps.data?.items ?? []).map((app) => ({ value: app.appId, label: `${text(app.name)} · ${app.appId}` }))}
          onChange={(value: string | null) => setApp(value ?? undefined)}
        />
        <Button
          disabled={appId === undefined}
          loading={isPending}
          onClick={() => (appId === undefined ? undefined : grant({ appId, interfaceId }, () => setApp(undefined)))}
        >
          {t(isAsking ? 'ask' : 'grant')}
        </Button>
      </div>
      {error === null ? null : <ErrorBox error={error} />}
    </>
  );
}
