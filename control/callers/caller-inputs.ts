/** Input fields shared by the actions for callers. */
import { Type } from 'typebox';
import { closed } from '../action/action.ts';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';

export const AppId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
export const KeyId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
/** Id of a bus consumer or of a key that verifies user tokens. */
export const CallerId = Type.String({ minLength: 1, maxLength: 100 });
export const byApp = Type.Object({ appId: AppId }, closed);
export const Expiry = Type.Optional(
  Type.Integer({ minimum: 0, exclusiveMaximum: 4_102_444_800_000, description: 'Epoch milliseconds, before 2100' }),
);
export const Label = Type.Optional(
  Type.String({ minLength: 1, maxLength: 100, pattern: PLAIN_LINE, description: 'The system that uses it' }),
);
