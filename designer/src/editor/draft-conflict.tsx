import { Button, Modal } from 'antd';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import type { Conflict } from '../model/autosave.ts';
import { FlowDifferenceView } from '../release/flow-difference-view.tsx';
import styles from './draft-conflict.module.css';
import type { DraftKeeper } from './draft-keeper.ts';

const TEXTS = defineTexts({
  title: ['这条流程刚刚被别人保存', 'Somebody else has just saved this flow'],
  what: [
    '两个版本都在，没有任何内容丢失。下面是对方的版本与您的版本的差别，请决定以哪个为准；另一个之后仍能找回。',
    'Both versions are here and nothing is lost. Below is what differs between theirs and yours; decide which one goes on. The other can be found again afterwards.',
  ],
  deleted: [
    '这条流程刚刚被别人删除。您的版本还在本页，可以重新保存。',
    'Somebody else has just deleted this flow. Your version is still on this page and can be saved anew.',
  ],
  keepMine: ['用我的版本覆盖', 'Save mine over theirs'],
  keepMineHelp: ['对方的版本仍在审计记录里。', 'Theirs stays in the audit trail.'],
  takeTheirs: ['采用对方的版本', 'Take theirs'],
  takeTheirsHelp: ['您的版本可用“撤销”找回。', 'Yours comes back with "Undo".'],
  saveAnew: ['重新保存', 'Save it anew'],
});

/** Nothing is merged silently: a person sees both versions and decides. */
export function DraftConflict({ keeper, conflict }: { readonly keeper: DraftKeeper; readonly conflict: Conflict }) {
  const t = useTexts(TEXTS);
  const { mine, theirs } = conflict;
  return (
    <Modal
      open
      width={880}
      title={t('title')}
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      footer={
        theirs === undefined ? (
          <Button type="primary" onClick={() => keeper.keepMine()}>
            {t('saveAnew')}
          </Button>
        ) : (
          <>
            <Button onClick={() => keeper.takeTheirs()} title={t('takeTheirsHelp')}>
              {t('takeTheirs')}
            </Button>
            <Button type="primary" danger onClick={() => keeper.keepMine()} title={t('keepMineHelp')}>
              {t('keepMine')}
            </Button>
          </>
        )
      }
    >
      <p>{theirs === undefined ? t('deleted') : t('what')}</p>
      {theirs === undefined ? null : (
        <>
          <div className={styles.difference}>
            <FlowDifferenceView before={theirs} after={mine} />
          </div>
          <p className={styles.hint}>
            {t('takeTheirsHelp')} {t('keepMineHelp')}
          </p>
        </>
      )}
    </Modal>
  );
}
