import { useCallback } from 'react';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import { errorText, type ErrorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { useLanguage } from '../../i18n/texts.ts';

/**
 * Returns a function that describes a problem of a rule. The problem is shown beside its rule, so the text does not
 * name the rule.
 */
export function useIssueWords(): (issue: Issue) => ErrorText {
  const language = useLanguage();
  return useCallback(
    (issue: Issue) => {
      const { rule: _placed, ...values } = issue.values ?? {};
      return errorText({ ...issue, values }, language);
    },
    [language],
  );
}
