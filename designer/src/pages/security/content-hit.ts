/** What the note of a content check in the access log says. */
import { STRUCTURES, type Structure } from '../../../../gateways/documents/content-structures.ts';
import type { CallLine } from '../../api/operations.ts';
import { defineTexts } from '../../i18n/texts.ts';

/** The policies that check content. */
export const GUARDS = ['xss', 'sql-injection'] as const;
export type Guard = (typeof GUARDS)[number];

export const CARRIER_TEXTS = defineTexts({
  path: ['路径参数', 'Path parameter'],
  query: ['查询参数', 'Query parameter'],
  header: ['请求头', 'Header'],
  cookie: ['Cookie', 'Cookie'],
  body: ['请求体', 'Body'],
  form: ['表单', 'Form'],
  xml: ['XML', 'XML'],
  multipart: ['上传表单', 'Multipart form'],
});
export type Carrier = keyof typeof CARRIER_TEXTS;

export interface ContentHit {
  readonly call: CallLine;
  readonly interfaceId: string;
  readonly policy: Guard;
  /** As the note has it: carrier, field, and whether its name is the hit. */
  readonly where: string;
  readonly carrier: Carrier;
  /** A JSON Pointer. Numbers of persons in it are masked. */
  readonly field: string;
  readonly isName: boolean;
  readonly structure: Structure;
  /** Kinds of tokens, never text of the request. */
  readonly shape: string;
  readonly isBlocked: boolean;
}

/** Returns the hits of a call. Of a blocked call each hit counts as blocked by its own policy only. */
export function hitsOf(call: CallLine): readonly ContentHit[] {
  const { interfaceId, notes = [], code, decidedBy } = call;
  if (interfaceId === undefined) return [];
  return notes.flatMap(({ policy, where = '', what }) => {
    const guard = GUARDS.find((name) => name === policy);
    const [name = '', ...shape] = what.split(' ');
    const structure = STRUCTURES.find((known) => known === name);
    const [, carrier = '', field = '', suffix] = /^([a-z]+):(.*?)( \(name\))?$/s.exec(where) ?? [];
    if (guard === undefined || structure === undefined || !Object.hasOwn(CARRIER_TEXTS, carrier)) return [];
    const about = { call, interfaceId, policy: guard, where, carrier: carrier as Carrier, field, isName: suffix !== undefined };
    return [{ ...about, structure, shape: shape.join(' '), isBlocked: code === 'GW40305' && decidedBy === policy }];
  });
}
