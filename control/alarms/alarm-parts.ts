/** What the alarm actions depend on. */
import type { AlarmSettingsStore } from './alarm-settings.ts';
import type { AlarmStore } from './alarm-store.ts';
import type { SendNotice } from './send-notice.ts';

export interface AlarmParts {
  readonly store: AlarmStore;
  readonly settings: AlarmSettingsStore;
  readonly send: SendNotice;
  /** Tells open pages to reload the alarms. */
  changed(): void;
}
