import type { Static, TObject } from 'typebox';
import { Value } from 'typebox/value';
import type { Adapter } from '../../engine/contract/node/adapter.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { schemaValues } from '../../engine/contract/schema/schema-problem.ts';

/** Returns the adapter's settings with defaults. Throws ADAPTER_SETTINGS_WRONG (input), which lists every issue. */
export function readSettings<Schema extends TObject>(adapter: Adapter, schema: Schema): Static<Schema> {
  const settings: unknown = Value.Default(schema, structuredClone(adapter.settings));
  // Some nodes call this for each message, so for valid settings only the fast check runs.
  if (Value.Check(schema, settings)) return settings;
  const issues = Value.Errors(schema, settings).map((error) => ({
    path: error.instancePath,
    code: 'ADAPTER_SETTINGS_WRONG',
    message: error.message,
    severity: 'error' as const,
    values: schemaValues(error),
  }));
  const wrong = issues.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
  throw new AppError('ADAPTER_SETTINGS_WRONG', 'input', `The settings of adapter ${adapter.adapterId} are wrong: ${wrong}.`, {
    values: { adapter: adapter.adapterId },
    issues,
    fix: 'Correct the fields named in the issues.',
  });
}
