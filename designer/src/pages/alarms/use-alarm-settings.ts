import { useState } from 'react';
import type { AlarmSettings } from '../../api/operations.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';

/** Returns the settings of alarms for editing. All settings are saved together, with their revision. */
export function useAlarmSettings() {
  const query = useQueryOf('alarms.settings', {});
  const save = useMutationOf('alarms.save-settings');
  const [draft, setDraft] = useState<AlarmSettings>();
  const settings = draft ?? query.data?.settings;
  return {
    query,
    settings,
    isChanged: draft !== undefined,
    change: setDraft,
    isSaving: save.isPending,
    error: save.error,
    /** Discards the user's changes and shows the stored settings. */
    async reload() {
      setDraft(undefined);
      save.reset();
      await query.refetch();
    },
    async save(next: AlarmSettings, secrets: Readonly<Record<string, string>> = {}) {
      const saved = await save.mutateAsync({ settings: next, secrets });
      setDraft(undefined);
      return saved;
    },
  };
}
