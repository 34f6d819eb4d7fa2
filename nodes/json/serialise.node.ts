import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';

/** Converts data to JSON text (RFC 8259). */
export default defineNode({
  type: 'json.serialise',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'braces',
  text: {
    label: { 'zh-CN': '生成 JSON', en: 'Write JSON' },
    help: { 'zh-CN': '把数据写成 JSON 文本。', en: 'Converts data to JSON text.' },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      indent: Type.Integer({
        ...fieldText('缩进空格数', 'Spaces to indent', '0 表示写成一行。', '0 writes one line.'),
        minimum: 0,
        maximum: 8,
        default: 0,
      }),
    },
    { additionalProperties: false },
  ),
  prepare: (config) => (_ctx, message) => {
    if (message.data === undefined || message.data instanceof Uint8Array) {
      throw new AppError('JSON_INPUT', 'input', 'The message contains no data that JSON can represent.', { fix: 'Parse bytes first.' });
    }
    const text = JSON.stringify(message.data, undefined, config.indent);
    return { emit: { ok: [{ ...withData(message, text, 'application/json'), charset: 'UTF-8' }] } };
  },
});
