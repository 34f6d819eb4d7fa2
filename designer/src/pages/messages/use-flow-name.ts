import { useCallback } from 'react';
import { useListOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useText } from '../../i18n/texts.ts';

/** Returns a function that gives the name of a flow, or its id if it was deleted or the user may not read it. */
export function useFlowName(): (flowId: string) => string {
  const text = useText();
  const { data } = useListOf('flows.list', {}, { enabled: useMay()('flows.read') });
  return useCallback((flowId) => text(data?.items.find((flow) => flow.flowId === flowId)?.name) || flowId, [data, text]);
}
