import { Type } from 'typebox';
import { fieldEditor, fieldGroup, fieldText } from '../../engine/contract/values/texts.ts';

/** The setting for how long a connection may be idle before it is closed, in milliseconds. */
export function idleCloseField(defaultMs: number) {
  return Type.Integer({
    ...fieldGroup('advanced'),
    ...fieldText('空闲关闭', 'Close when idle for'),
    ...fieldEditor('duration-ms'),
    minimum: 100,
    maximum: 3_600_000,
    default: defaultMs,
  });
}
