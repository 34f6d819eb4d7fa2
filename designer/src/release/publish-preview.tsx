import type { Output } from '../api/operation-types.ts';
import { Alert } from 'antd';
import { useStore } from 'zustand';
import type { StoreApi } from 'zustand/vanilla';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import type { NodeTypes } from '../model/flow/node-types.ts';
import { FlowDifferenceOf } from './flow-difference-view.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  draft: ['将发布第 {{revision}} 次保存的草稿。', 'The draft of save {{revision}} will be published.'],
  note: ['说明：{{note}}', 'Note: {{note}}'],
  effect: [
    '新消息立即由新版本处理；已接收的消息仍按接收时的版本走完。可一键回滚到以前的版本。',
    'New messages immediately use the new version; messages that were already accepted end with their own version. You can roll back in one step.',
  ],
  changed: ['{{who}} 于 {{when}} 修改了草稿，没有发布', '{{who}} changed the draft at {{when}}: nothing was published'],
  somebody: ['其他人', 'Someone else'],
  changedNext: [
    '请核对下面的修改；再次点“发布”，发布的是包含这些修改的草稿。',
    'Look at the changes below. Press "Publish" again to publish the draft with them.',
  ],
  theirs: ['{{who}} 的修改', 'Changes of {{who}}'],
  differs: ['将发布的修改', 'What will be published'],
  first: ['这条流程还没有发布过。', 'This flow has not been published yet.'],
});

export interface ShownDraft {
  readonly draft: FlowDocument;
  /**
   * Set if another user has changed the draft. `before` is the draft that this user saw, and `save` is the other user's
   * save.
   */
  readonly since?: { readonly before: FlowDocument; readonly save: Output<'flows.revisions'>['items'][number] | undefined };
}

interface PublishPreviewProps {
  /** The draft to show. If another user saves while the dialog is open, it shows the new draft. */
  readonly shown: StoreApi<ShownDraft>;
  readonly inService: FlowDocument | undefined;
  readonly types: NodeTypes;
  readonly note: string;
}

/** Shows exactly what would be published, and what another user has changed in the meantime. */
export function PublishPreview({ shown, inService, types, note }: PublishPreviewProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { draft, since } = useStore(shown);
  const who = since?.save?.savedBy ?? t('somebody');
  return (
    <div className={styles.preview}>
      {since === undefined ? null : (
        <>
          <Alert
            type="warning"
            showIcon
            title={t('changed', { who, when: since.save === undefined ? '…' : format.time(since.save.savedAt) })}
            description={t('changedNext')}
          />
          <section>
            <h3>{t('theirs', { who })}</h3>
            <FlowDifferenceOf types={types} before={since.before} after={draft} />
          </section>
        </>
      )}
      <section>
        <h3>{t('differs')}</h3>
        {inService === undefined ? (
          <p className={styles.hint}>{t('first')}</p>
        ) : (
          <FlowDifferenceOf types={types} before={inService} after={draft} />
        )}
      </section>
      <p>{t('draft', { revision: draft.revision })}</p>
      {note === '' ? null : <p>{t('note', { note })}</p>}
      <p className={styles.hint}>{t('effect')}</p>
    </div>
  );
}
