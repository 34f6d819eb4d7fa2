import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';

/** Returns whether a value is a text of a document in both languages, such as a name or description. */
export function isText(value: unknown): value is Text {
  return isRecord(value) && typeof value['zh-CN'] === 'string' && typeof value['en'] === 'string' && Object.keys(value).length === 2;
}
