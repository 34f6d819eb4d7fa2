import { useCallback } from 'react';
import { useQueryOf } from '../../api/queries.ts';
import { useText } from '../../i18n/texts.ts';
import { shortName } from './short-name.ts';

/** Returns a function that gives the label of an action, or its technical name if the platform no longer knows it. */
export function useActionName(): (action: string) => string {
  const text = useText();
  const { data } = useQueryOf('audit.actions', {});
  return useCallback((action) => shortName(text(data?.items.find(({ name }) => name === action)?.text)) || action, [data, text]);
}
