import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';

/** Returns whether a value is a text in both languages, such as a name or a description. */
export function isText(value: unknown): value is Text {
  return isRecord(value) && typeof value['zh-CN'] === 'string' && typeof value['en'] === 'string' && Object.keys(value).length === 2;
}
