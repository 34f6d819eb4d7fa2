import { App } from 'antd';
import { useCallback, useEffect } from 'react';
import { useBlocker } from 'react-router';
import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({
  leave: ['有未保存的修改', 'There are unsaved changes'],
  leaveEffect: ['离开本页会放弃这些修改。', 'Leaving this page discards them.'],
  leaveVerb: ['放弃修改并离开', 'Discard changes and leave'],
  stay: ['留在本页', 'Stay'],
  lose: ['关闭会放弃已填写的内容', 'Closing discards what you typed'],
  loseVerb: ['放弃并关闭', 'Discard and close'],
  goOn: ['继续填写', 'Continue editing'],
});

/** If there is unsaved input, warns the user before a click on the navigation, or closing the tab, discards it. */
export function useLeaveGuard(isChanged: boolean): void {
  const t = useTexts(TEXTS);
  const { modal } = App.useApp();
  const blocker = useBlocker(({ currentLocation, nextLocation }) => isChanged && currentLocation.pathname !== nextLocation.pathname);
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    modal.confirm({
      title: t('leave'),
      content: t('leaveEffect'),
      okText: t('leaveVerb'),
      okButtonProps: { danger: true },
      cancelText: t('stay'),
      autoFocusButton: 'cancel',
      onOk: () => blocker.proceed(),
      onCancel: () => blocker.reset(),
    });
  }, [blocker, modal, t]);
  useEffect(() => {
    if (!isChanged) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isChanged]);
}

/** Wraps `onClose` of a drawer or dialog with a form, so that it asks first if there is unsaved input. */
export function useCloseGuard(isChanged: boolean, onClose: () => void): () => void {
  const t = useTexts(TEXTS);
  const { modal } = App.useApp();
  return useCallback(() => {
    if (!isChanged) onClose();
    else
      modal.confirm({
        title: t('lose'),
        okText: t('loseVerb'),
        okButtonProps: { danger: true },
        cancelText: t('goOn'),
        autoFocusButton: 'cancel',
        onOk: onClose,
      });
  }, [isChanged, onClose, modal, t]);
}
