import { useCallback } from 'react';
import { useQueryOf } from '../../api/queries.ts';
import { useText } from '../../i18n/texts.ts';
import { shortName } from './short-name.ts';

/**
 * Returns a function that returns the label of an action. If the platform no longer has the action, returns its
 * technical name.
 */
export function useActionName(): (action: string) => string {
  const text = useText();
  const { data } = useQueryOf('audit.actions', {});
  return useCallback((action) => shortName(text(data?.items.find(({ name }) => name === action)?.text)) || action, [data, text]);
}
