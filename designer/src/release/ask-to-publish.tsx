import { Alert, Button } from 'antd';
import { Send } from 'lucide-react';
import { useListOf } from '../api/queries.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { AskedAlready, RefusedLately, useAsked } from '../kit/approval/asked-already.tsx';
import { useAsk } from '../kit/approval/use-ask.tsx';
import { useWhoMay } from '../kit/feedback/who-may.ts';
import styles from './release.module.css';
import { WhoIsAffected } from './who-is-affected.tsx';

const TEXTS = defineTexts({
  noRight: ['发布由{{roles}}办理，您可以申请。', 'Published by: {{roles}}. You can request it.'],
  ask: ['申请发布', 'Request publishing'],
  about: [
    '申请发布第 {{revision}} 次保存的草稿。此后草稿若有修改，这项申请不会执行。',
    'You request that the draft of save {{revision}} is published. If it is changed afterwards, the request is not carried out.',
  ],
  others: [
    '涉及其他服务域的内容：由拥有相应服务域的发布者办理，您可以申请。',
    'It concerns objects of other domains: someone with the right and with those domains must publish it. You can request it.',
  ],
  errors: ['草稿有 {{count}} 个错误，改正后才能发布。', 'First correct {{count}} {{count|error|errors}} of the draft.'],
  showErrors: ['查看问题', 'Show the problems'],
});

/** Requests that another user publishes the draft that is shown. It is for users who may not publish. */
export function AskToPublish({ flowId }: { readonly flowId: string }) {
  const t = useTexts(TEXTS);
  const whoMay = useWhoMay();
  const { openPanel } = useEditorStore().getState();
  const errors = useEditor(({ problems }) => problems.errors);
  const revisions = useListOf('flows.revisions', { flowId });
  const versions = useListOf('flows.versions', { flowId });
  const inService = versions.data?.items.find(({ isCurrent }) => isCurrent)?.version;
  const draft = revisions.data?.items.find(({ isCurrent }) => isCurrent === true);
  // Either there is nothing to publish, or the data is still loading.
  if (draft === undefined || versions.data === undefined || (inService !== undefined && draft.versions.includes(inService))) return null;
  if (errors > 0)
    return (
      <Alert
        type="error"
        showIcon
        title={t('errors', { count: errors })}
        action={<Button onClick={() => openPanel('problems')}>{t('showErrors')}</Button>}
      />
    );
  return (
    <section className={styles.list}>
      <WhoIsAffected flowId={flowId} />
      <p className={styles.hint}>{t('noRight', { roles: whoMay('flows.publish') })}</p>
      <Ask flowId={flowId} />
    </section>
  );
}

/**
 * Requests that another user publishes the draft. It is for users who may publish, but not this flow, because it needs
 * something of another domain.
 */
export function AskOthersToPublish({ flowId }: { readonly flowId: string }) {
  const t = useTexts(TEXTS);
  return (
    <section className={styles.list}>
      <p className={styles.hint}>{t('others')}</p>
      <Ask flowId={flowId} />
    </section>
  );
}

function Ask({ flowId }: { readonly flowId: string }) {
  const t = useTexts(TEXTS);
  const ask = useAsk();
  const revision = useEditor(({ history }) => history.document.revision);
  const { open, refused } = useAsked('flows.publish', ({ subject }) => subject === flowId);
  if (open.length > 0) return <AskedAlready requests={open} />;
  return (
    <>
      <RefusedLately request={refused} />
      <Button icon={<Send size={16} />} onClick={() => ask('flows.publish', { flowId, revision }, { about: t('about', { revision }) })}>
        {t('ask')}
      </Button>
    </>
  );
}
