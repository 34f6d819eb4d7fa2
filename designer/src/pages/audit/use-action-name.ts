import { useCallback } from 'react';
import { useQueryOf } from '../../api/queries.ts';
import { useText } from '../../i18n/texts.ts';
import { shortName } from './short-name.ts';

/** What an action of the trail is called; its bare name where the platform knows none (an old version's). */
export function useActionName(): (action: string) => string {
  const text = useText();
  const { data } = useQueryOf('audit.actions', {});
  return useCallback((action) => shortName(text(data?.items.find(({ name }) => name === action)?.text)) || action, [data, text]);
}
