import type { StateChange } from '../documents/gateway-questions.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';

/** Something that calls need and that may be down. Only the first failure and the first success after it are reported. */
export interface Outage {
  failed(error: unknown): void;
  worked(): void;
}

/** The events are `<name>-down`, with the code of the first failure, and `<name>-restored`. */
export function createOutage(name: string, report: (event: StateChange) => void): Outage {
  let isDown = false;
  return {
    failed(error) {
      if (isDown) return;
      isDown = true;
      report({ kind: `${name}-down`, values: { code: toErrorRecord(error).code } });
    },
    worked() {
      if (!isDown) return;
      isDown = false;
      report({ kind: `${name}-restored` });
    },
  };
}
