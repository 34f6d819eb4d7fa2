/** Settings of adapters that speak HTTP (`http`, `soap`): where the hospital's system is and how to log in there. */
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { Adapter } from '../../../engine/contract/adapter.ts';
import { AppError } from '../../../engine/contract/errors.ts';
import { schemaValues } from '../../../engine/contract/schema-problem.ts';

const closed = { additionalProperties: false } as const;

export const HttpSettings = Type.Object(
  {
    /** Scheme, host, port and the path that all calls begin with. */
    baseUrl: Type.String({ pattern: '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$', maxLength: 2000 }),
    /** How the adapter's credential is sent: `basic` takes `user:password`, `bearer` a token, `header` the value of `authHeader`. */
    auth: Type.Union([Type.Literal('none'), Type.Literal('basic'), Type.Literal('bearer'), Type.Literal('header')], { default: 'none' }),
    authHeader: Type.String({ pattern: '^[A-Za-z0-9-]{1,100}$', default: 'X-Api-Key' }),
    tls: Type.Optional(
      Type.Object(
        {
          /** PEM certificates to trust instead of the public ones. */
          ca: Type.Optional(Type.String({ maxLength: 100_000 })),
          /** Name in the server's certificate, where it differs from the host. */
          serverName: Type.Optional(Type.String({ maxLength: 255 })),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type HttpSettings = Static<typeof HttpSettings>;

/** The adapter's settings with defaults, or ADAPTER_SETTINGS_WRONG with every issue. */
export function readHttpSettings(adapter: Adapter): HttpSettings {
  const settings: unknown = Value.Default(HttpSettings, structuredClone(adapter.settings));
  const issues = Value.Errors(HttpSettings, settings).map((error) => ({
    path: error.instancePath,
    code: 'ADAPTER_SETTINGS_WRONG',
    message: error.message,
    severity: 'error' as const,
    values: schemaValues(error),
  }));
  if (issues.length === 0) return settings as HttpSettings;
  throw new AppError('ADAPTER_SETTINGS_WRONG', 'input', `The settings of adapter ${adapter.adapterId} are wrong.`, {
    values: { adapter: adapter.adapterId },
    issues,
    fix: 'Correct the fields named in the issues.',
  });
}
