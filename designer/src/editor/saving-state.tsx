import { Button, Tooltip } from 'antd';
import { CloudAlert, CloudCheck, CloudOff, CloudUpload, GitCompareArrows, type LucideIcon } from 'lucide-react';
import { useStore } from 'zustand';
import { useErrorWords } from '../kit/feedback/error-words.ts';
import { useFormat } from '../i18n/format.ts';
import { sentences } from '../i18n/sentences.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import type { AutosaveStatus } from '../model/history/autosave.ts';
import { Tag, type Tone } from '../kit/feedback/status-tag.tsx';
import type { DraftKeeper } from './draft/draft-keeper.ts';
import styles from './editor-header.module.css';

const TEXTS = defineTexts({
  saved: ['已保存', 'Saved'],
  dirty: ['正在保存…', 'Saving …'],
  saving: ['正在保存…', 'Saving …'],
  offline: ['未保存到平台', 'Not saved on the platform yet'],
  conflict: ['与他人的修改冲突', 'Someone else saved too'],
  refused: ['平台不接受', 'Refused'],
  savedAt: ['{{ago}}保存', 'Saved {{ago}}'],
  offlineHelp: [
    '修改保存在本浏览器，平台恢复后自动保存。',
    'Your changes are kept in this browser and are saved when the platform is available again.',
  ],
  retry: ['立即重试', 'Try now'],
});

const LOOKS: Readonly<Record<AutosaveStatus, { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  saved: { tone: 'grey', icon: CloudCheck },
  dirty: { tone: 'grey', icon: CloudUpload },
  saving: { tone: 'grey', icon: CloudUpload },
  offline: { tone: 'amber', icon: CloudOff },
  conflict: { tone: 'red', icon: GitCompareArrows },
  refused: { tone: 'red', icon: CloudAlert },
};

/** Shows whether the platform has stored everything that is on the screen. */
export function SavingState({ keeper }: { readonly keeper: DraftKeeper }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const wordsOf = useErrorWords();
  const { status, savedAtMs, error } = useStore(keeper.state);
  const { tone, icon } = LOOKS[status];
  const words = error === undefined ? undefined : wordsOf(error);
  const help =
    status === 'offline'
      ? t('offlineHelp')
      : status === 'refused'
        ? sentences(words?.title, words?.fix)
        : savedAtMs === undefined
          ? ''
          : t('savedAt', { ago: format.ago(savedAtMs) });
  return (
    <span className={styles.saving} role="status" data-status={status}>
      <Tooltip title={help}>
        <span>
          <Tag tone={tone} icon={icon}>
            {t(status)}
          </Tag>
        </span>
      </Tooltip>
      {status === 'offline' || status === 'refused' ? (
        <Button size="small" type="link" onClick={() => keeper.retryNow()}>
          {t('retry')}
        </Button>
      ) : null}
    </span>
  );
}
