import { useEffect, useState } from 'react';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import type { InterfaceDocument } from '../../../../gateways/documents/interface-document.ts';
import type { Input } from '../../api/operation-types.ts';
import { useQueryOf } from '../../api/queries.ts';

const PAUSE_MS = 500;
const NONE: readonly Issue[] = [];

/**
 * Returns the problems that the platform finds in an edited document, after a pause in typing. As long as the form
 * itself finds problems, the platform is not asked.
 */
export function useInterfaceIssues(document: InterfaceDocument | undefined): readonly Issue[] {
  const text = document === undefined ? undefined : JSON.stringify(document);
  const [checked, setChecked] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setChecked(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const sent = (checked === undefined ? {} : JSON.parse(checked)) as Input<'interfaces.validate'>['document'];
  const report = useQueryOf('interfaces.validate', { document: sent }, { enabled: checked !== undefined });
  return text === undefined ? NONE : (report.data?.issues ?? NONE);
}
