import { Button, Select } from 'antd';
import { useState } from 'react';
import { createId } from '../../../engine/contract/ids.ts';
import { useMutationOf, useQueryOf } from '../api/queries.ts';
import { useMay } from '../app/session.tsx';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { ErrorBox } from '../parts/error-box.tsx';
import { useAsk } from '../parts/use-ask.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  app: ['授权给应用', 'Grant it to an app'],
  grant: ['授权', 'Grant'],
  ask: ['申请授权', 'Ask for it'],
});

/** Lets one app call the interface; who may not grant asks for it. */
export function GrantApp({ interfaceId }: { readonly interfaceId: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const apps = useQueryOf('apps.list', {});
  const save = useMutationOf('grants.save', ['apps', 'interfaces']);
  const may = useMay();
  const ask = useAsk();
  const [appId, setApp] = useState<string>();
  const grant = () => {
    if (appId === undefined) return;
    const grantId = createId('grt');
    const input = { grantId, document: { grantId, revision: 0, appId, interfaceId } };
    if (may('grants.edit')) save.mutate(input);
    else ask('grants.save', input, () => setApp(undefined));
  };
  return (
    <>
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
        <Button disabled={appId === undefined} loading={save.isPending} onClick={grant}>
          {t(may('grants.edit') ? 'grant' : 'ask')}
        </Button>
      </div>
      {save.error === null ? null : <ErrorBox error={save.error} />}
    </>
  );
}
