/**
 * Shows an error instead of a blank page, if the error happened where nothing else can show it. It imports no other
 * part of the console, because that part may be the broken one.
 */
import { Component, type ReactNode } from 'react';
import { defineTexts, translateWith } from '../i18n/text-pairs.ts';
import styles from './last-resort.module.css';
import { usePreferences } from '../kit/theme/preferences.ts';

const TEXTS = defineTexts({
  title: ['页面出错了', 'The page has crashed'],
  what: [
    '平台上的消息和数据不受影响；没有保存到平台的流程修改留在本浏览器中，重新打开后继续。',
    'Messages and data on the platform are not affected. Unsaved flow edits are kept in this browser and are restored when you open the flow.',
  ],
  next: [
    '请重新加载；再次出现时，请把下面的内容发给维护人员。',
    'Reload the page. If it happens again, send the text below to the administrators of the platform.',
  ],
  reload: ['重新加载', 'Reload'],
});

interface State {
  readonly error?: unknown;
}

export class LastResort extends Component<{ readonly children: ReactNode }, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const t = translateWith(TEXTS, usePreferences.getState().language);
    return (
      <main className={styles.page} role="alert">
        <h1>{t('title')}</h1>
        <p>{t('what')}</p>
        <p>{t('next')}</p>
        <pre>{String(error)}</pre>
        <button type="button" onClick={() => window.location.reload()}>
          {t('reload')}
        </button>
      </main>
    );
  }
}
