import { App } from 'antd';
import { useEffect } from 'react';
import { useBlocker } from 'react-router';
import { defineTexts, useTexts } from '../i18n/texts.ts';

const TEXTS = defineTexts({
  leave: ['有未保存的修改', 'There are unsaved changes'],
  leaveEffect: ['离开本页会丢掉它们。', 'Leaving this page loses them.'],
  leaveVerb: ['丢掉并离开', 'Lose them and leave'],
  stay: ['留在本页', 'Stay'],
});

/** Neither a click on the navigation nor closing the tab loses what was typed without a word. */
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
