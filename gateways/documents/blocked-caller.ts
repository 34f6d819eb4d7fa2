import { Type, type Static } from 'typebox';
import { Revision } from '../../engine/contract/values/revision.ts';
import { closed, OneOf } from './document-fields.ts';
import { EndsAt, Reason } from './ip-list-document.ts';

export const BLOCKED_KINDS = ['user', 'device'] as const;

/**
 * A citizen or a device that the user front refuses. The identifier itself is personal data, so only its keyed digest is
 * stored. Several entries may have the same digest: users of different issuers.
 */
export const BlockedCaller = Type.Object(
  {
    blockId: Type.String({ pattern: '^ban_[A-Za-z0-9_-]{1,60}$' }),
    revision: Revision,
    kind: OneOf(BLOCKED_KINDS),
    /** HMAC-SM3 of kind and identifier, in hex. */
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** The issuer (`iss`) of the user's token; absent: any. */
    issuer: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    expiresAt: EndsAt,
    reason: Reason,
    createdAt: Type.Integer(),
  },
  closed,
);
export type BlockedCaller = Static<typeof BlockedCaller>;

/** The text whose keyed digest identifies a blocked user or device. */
export function blockedText(kind: BlockedCaller['kind'], id: string): string {
  return `${kind}\n${id}`;
}
