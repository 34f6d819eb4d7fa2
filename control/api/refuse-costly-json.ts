import { AppError } from '../../engine/contract/errors.ts';
import { JSON_LIMITS, scanJson } from '../../engine/contract/scan-json.ts';

/** Deeper than any document of ours; what walks a document by recursion never runs out of stack. */
const MOST_LEVELS = 100;

/**
 * The refusal when JSON text is nested deeper than any document of ours (REQUEST_MALFORMED), or holds more values than the event loop
 * parses at once (BODY_TOO_LARGE). One pass over the text, before anything is built from it.
 */
export function refuseCostlyJson(json: string): AppError | undefined {
  const { depth, values } = scanJson(json, () => true);
  if (depth > MOST_LEVELS)
    return new AppError('REQUEST_MALFORMED', 'input', `The body is nested more than ${MOST_LEVELS} levels deep.`, {
      values: { problem: 'deep' },
      fix: 'Send it flatter.',
    });
  if (values > JSON_LIMITS.values)
    return new AppError('BODY_TOO_LARGE', 'input', `The body has more than ${JSON_LIMITS.values} values.`, {
      values: { problem: 'values', limit: JSON_LIMITS.values },
      fix: 'Send it in parts.',
    });
  return undefined;
}
