/** Errors in the user's language. Ids in them are replaced by names if the user may read the objects. */
import { useCallback } from 'react';
import { errorText, type ErrorText, type TranslatableError } from '../../../../engine/contract/error-texts/error-texts.ts';
import { useListOf } from '../../api/queries.ts';
import { useMayOnceKnown } from '../../session/session-context.ts';
import { useLanguage, useText } from '../../i18n/texts.ts';
import { nameIds, type Kind, kindsIn } from '../../i18n/id-names.ts';

/**
 * Returns a function that translates errors: `const told = useErrorText(error); told(error).what`. A list of flows,
 * adapters or code tables is loaded only if one of `errors` contains such an id.
 */
export function useErrorText(...errors: readonly (TranslatableError | undefined)[]): (error: TranslatableError) => ErrorText {
  const language = useLanguage();
  const text = useText();
  const may = useMayOnceKnown();
  const kinds = new Set(errors.flatMap((error) => (error === undefined ? [] : kindsIn(error))));
  const { data: flows } = useListOf('flows.list', {}, { enabled: kinds.has('flow') && may('flows.read') });
  const { data: adapters } = useListOf('adapters.list', {}, { enabled: kinds.has('adapter') && may('adapters.read') });
  const { data: tables } = useListOf('tables.list', {}, { enabled: kinds.has('table') && may('tables.read') });
  return useCallback(
    (error) => {
      const nameOf = (kind: Kind, id: string): string => {
        if (kind === 'flow') return text(flows?.items.find(({ flowId }) => flowId === id)?.name);
        if (kind === 'adapter') return text(adapters?.items.find(({ adapterId }) => adapterId === id)?.name);
        return text(tables?.items.find(({ tableId }) => tableId === id)?.name);
      };
      return nameIds(errorText(error, language), error, nameOf);
    },
    [language, text, flows, adapters, tables],
  );
}
