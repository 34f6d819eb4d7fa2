import { createId } from '../../../../engine/contract/values/ids.ts';
import type { ApiError } from '../../api/client.ts';
import { useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useAsk } from './use-ask.tsx';

interface Grants {
  /** The person may grant, or ask for it. */
  readonly isOpen: boolean;
  /** They ask: somebody else decides. */
  readonly isAsking: boolean;
  readonly isPending: boolean;
  readonly error: ApiError | null;
  /** `onDone(isGranted)`: it was granted, or asked for. */
  grant(
    pair: { readonly appId: string; readonly interfaceId: string; readonly expiresAt?: number },
    onDone: (isGranted: boolean) => void,
  ): void;
}

/** Grants an interface to an app; who may not grant asks for it. */
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
