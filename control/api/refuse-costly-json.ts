import { AppError } from '../../engine/contract/values/errors.ts';
import { findJsonExcess, JSON_LIMITS, scanJson, type JsonExcess, type JsonLimits } from '../../engine/contract/schema/scan-json.ts';

/** Maximum depth. No valid document is nested deeper, and deeper JSON could overflow the stack of recursive code. */
const MOST_LEVELS = 100;
/**
 * Higher than the usual limits. A code table is one object with a field for each code. A bundle has the layouts of all
 * its flows, and a layout has a field for each node.
 */
const LIMITS: JsonLimits = { values: JSON_LIMITS.values, names: 200_000, orders: 50_000, wide: 200_000 };
const WORDS: Readonly<Record<JsonExcess['of'], string>> = {
  values: 'values',
  names: 'different field names',
  orders: 'different field orders',
  wide: 'fields beyond the first thousand of objects',
};

/**
 * Returns REQUEST_MALFORMED (input) if JSON text is nested deeper than any valid document, and BODY_TOO_LARGE (input)
 * if it has more values than the event loop can parse at once. Scans the text before it is parsed.
 */
export function refuseCostlyJson(json: string): AppError | undefined {
  const scan = scanJson(json, () => true);
  if (scan.depth > MOST_LEVELS)
    return new AppError('REQUEST_MALFORMED', 'input', `The body is nested more than ${MOST_LEVELS} levels deep.`, {
      values: { problem: 'deep' },
      fix: 'Send a flatter structure.',
    });
  const excess = findJsonExcess(scan, json, LIMITS);
  if (excess === undefined) return undefined;
  const { of, limit } = excess;
  return new AppError('BODY_TOO_LARGE', 'input', `The body has more than ${limit} ${WORDS[of]}.`, {
    values: { problem: of, limit },
    fix: 'Send it in parts.',
  });
}
