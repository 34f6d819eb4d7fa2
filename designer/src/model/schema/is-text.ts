import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';

/** Returns true for a name or description of a document in both languages. */
export function isText(value: unknown): value is Text {
  return isRecord(value) && typeof value['zh-CN'] === 'string' && typeof value['en'] === 'string' && Object.keys(value).length === 2;
}
