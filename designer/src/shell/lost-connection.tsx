import { Unplug } from 'lucide-react';
import { useQueryOf } from '../api/queries.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { useLiveState } from '../api/live.ts';
import styles from './lost-connection.module.css';

const TEXTS = defineTexts({
  lost: [
    '与平台的连接已断开，正在自动重连。未保存的修改留在本页，恢复后自动保存。',
    'The connection to the platform is lost; reconnecting. Unsaved changes stay on this page and are saved when the connection is back.',
  ],
});

const ASK_MS = 4000;

export function LostConnection() {
  const t = useTexts(TEXTS);
  const state = useLiveState();
  // The browser does not tell why an event stream has ended. So call the API: its response shows whether the session
  // has ended.
  useQueryOf('me.get', {}, state === 'lost' ? { refetchIntervalMs: ASK_MS } : {});
  return (
    <div role="status" aria-live="polite">
      {state === 'lost' ? (
        <div className={styles.lost}>
          <Unplug size={16} />
          {t('lost')}
        </div>
      ) : null}
    </div>
  );
}
