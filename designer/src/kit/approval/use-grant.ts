import { createId } from '../../../../engine/contract/values/ids.ts';
import type { ApiError } from '../../api/client.ts';
import { useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useAsk } from './use-ask.tsx';

interface Grants {
  /** True if the user may grant the access or may request it. */
  readonly isOpen: boolean;
  /** True if the user may only request the access. Another user then decides about the request. */
  readonly isAsking: boolean;
  readonly isPending: boolean;
  readonly error: ApiError | null;
  /** Grants or requests the access, then calls `onDone(isGranted)`. */
  grant(
    pair: { readonly appId: string; readonly interfaceId: string; readonly expiresAt?: number },
    onDone: (isGranted: boolean) => void,
  ): void;
}

/** Grants an interface to an app. A user who may not grant sends a request instead. */
export function useGrant(): Grants {
  const may = useMay();
  const ask = useAsk();
  const save = useMutationOf('grants.save', ['apps', 'interfaces']);
  const isAsking = !may('grants.edit');
  return {
    isOpen: !isAsking || may('interfaces.edit'),
    isAsking,
    isPending: save.isPending,
    error: save.error,
    grant(pair, onDone) {
      const grantId = createId('grt');
      const input = { grantId, document: { grantId, revision: 0, ...pair } };
      if (isAsking) ask('grants.save', input, { onAsked: () => onDone(false) });
      else save.mutate(input, { onSuccess: () => onDone(true) });
    },
  };
}
