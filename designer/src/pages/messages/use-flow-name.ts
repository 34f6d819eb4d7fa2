import { useCallback } from 'react';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useText } from '../../i18n/texts.ts';

/** What a flow is called; its id where it is gone or may not be read. */
export function useFlowName(): (flowId: string) => string {
  const text = useText();
  const { data } = useQueryOf('flows.list', {}, { enabled: useMay()('flows.read') });
  return useCallback((flowId) => text(data?.items.find((flow) => flow.flowId === flowId)?.name) || flowId, [data, text]);
}
