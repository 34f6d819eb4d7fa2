/** A line of the audit trail, as people read it and as it is stored. */
import { Type } from 'typebox';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { CollectionSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { MarkChange } from '../../engine/integrity/mark-changes.ts';
import { canonicalJson } from './canonical-json.ts';

export interface AuditLine {
  readonly chain: string;
  readonly number: number;
  readonly at: number;
  readonly phase: 'intent' | 'result';
  readonly action: string;
  readonly actor: string;
  readonly via: string;
  readonly from: string;
  readonly subject?: string;
  /** The reason that the person entered. */
  readonly reason?: string;
  /**
   * On a result line: `done`, or the code of the error. Absent on a result line that only adds marks to an earlier one.
   */
  readonly outcome?: string;
  /** On a result line: the number of its intent line. */
  readonly intent?: number;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A line in the form that is stored and that its MAC covers. */
export interface SealedLine extends Omit<AuditLine, 'reason'> {
  readonly sealedReason?: string;
  /** `ChangedFields` as encrypted JSON. */
  readonly sealedChanges?: string;
  /** On a result line: the marked documents that the action wrote or removed. */
  readonly marks?: readonly MarkChange[];
}

export interface StoredLine extends StoredDocument, SealedLine {
  readonly mac: string;
}

export const auditSpec: CollectionSpec<StoredLine> = {
  name: 'audit',
  schema: Type.Object(
    { _id: Type.String(), chain: Type.String(), number: Type.Integer(), mac: Type.String() },
    { additionalProperties: true },
  ),
  indexes: [
    { name: 'chain', fields: ['chain', 'number'], unique: true },
    { name: 'by_actor', fields: ['actor', 'at'] },
    { name: 'by_action', fields: ['action', 'at'] },
  ],
};

export const CHAIN = 'main';

/** Returns the id of a line. Ids sort in the order of their numbers. */
export function lineId(number: number): string {
  return `${CHAIN}-${String(number).padStart(12, '0')}`;
}

export interface ChainKey {
  readonly crypto: Pick<Crypto, 'hmac'>;
  /** Key of the MACs. It is derived from the key-encryption key and not stored in the database. */
  readonly auditKey: Uint8Array;
}

/** Returns the HMAC-SM3 over the line and the MAC of the line before it. */
export function macOfLine({ crypto, auditKey }: ChainKey, previousMac: string, line: SealedLine): string {
  return Buffer.from(crypto.hmac('sm3', auditKey, `${previousMac}\n${canonicalJson(line)}`)).toString('hex');
}

export function withoutMac({ _id, mac: _mac, ...line }: StoredLine): SealedLine {
  return line;
}
