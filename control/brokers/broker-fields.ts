/** Fields of the inputs of all actions on brokers. */
import { Type } from 'typebox';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';

export const BrokerId = Type.String({ maxLength: 64 });
export const Kind = Type.Union([Type.Literal('queue'), Type.Literal('topic')]);
export const Name = Type.String({ minLength: 1, maxLength: 255, pattern: PLAIN_LINE });
/** A routing key may be empty. */
export const RoutingKey = Type.String({ maxLength: 255, pattern: PLAIN_LINE });

export function subjectOf({ adapterId, name }: { readonly adapterId: string; readonly name: string }): string {
  return `${adapterId} ${name}`;
}
