import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { JsonSchema } from '../../engine/schema/compile-schema.ts';
import type { JsonReader, SchemaIssue } from '../json-reading.ts';
import { createCheckedSchema } from './create-checked-schema.ts';
import { createJsonReader } from './create-json-reader.ts';

export interface ValueCheck {
  /**
   * Returns the problems of a value; undefined if it is valid. Rejects with PARSE_BUSY (transient) or PARSE_TOO_COSTLY
   * (input) if the check needs a thread and does not finish there.
   */
  check(schema: JsonSchema, value: unknown, by: string): Promise<readonly SchemaIssue[] | undefined>;
  close: JsonReader['close'];
}

/**
 * Creates a check for values that did not come with a request. It checks them in the same way as gateways check bodies.
 */
export function createValueCheck(clock: Clock): ValueCheck {
  const reader = createJsonReader(clock);
  return {
    async check(schema, value, by) {
      const from = { app: undefined, user: undefined, clientIp: by, onLeave: () => undefined };
      const found = await reader.check(value, createCheckedSchema(schema), from);
      if ('issues' in found) return found.issues;
      if ('value' in found) return undefined;
      if (found.isBusy)
        throw new AppError('PARSE_BUSY', 'transient', 'Too many large payloads are waiting to be parsed.', { fix: 'Try again later.' });
      throw new AppError('PARSE_TOO_COSTLY', 'input', 'The payload needs more CPU time or memory than its size allows.', {
        values: { problem: 'time' },
        fix: 'Send it with fewer parts.',
      });
    },
    close: reader.close,
  };
}
