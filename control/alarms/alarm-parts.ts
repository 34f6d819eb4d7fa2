/** What the actions of alarms need of them. */
import type { AlarmSettingsStore } from './alarm-settings.ts';
import type { AlarmStore } from './alarm-store.ts';
import type { SendNotice } from './send-notice.ts';

export interface AlarmParts {
  readonly store: AlarmStore;
  readonly settings: AlarmSettingsStore;
  readonly send: SendNotice;
  /** Open pages are to ask anew. */
  changed(): void;
}
