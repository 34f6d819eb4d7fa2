import { Type } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';
import { asParsed, sourceOf } from '../shared/parse-worker/parsed-message.ts';

/**
 * Parses JSON text or bytes into data (RFC 8259). It is strict: text that other parsers could understand differently
 * is refused.
 */
export default defineNode({
  type: 'json.parse',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'braces',
  text: {
    label: { 'zh-CN': '解析 JSON', en: 'Parse JSON' },
    help: {
      'zh-CN': '把 JSON 文本或字节解析为数据；重复的键、过深的嵌套会被拒绝。',
      en: 'Converts JSON text or bytes to data; duplicate keys and deep nesting are refused.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      maxDepth: Type.Integer({ ...fieldText('最大嵌套层数', 'Maximum levels'), minimum: 1, maximum: 1000, default: 100 }),
      bigNumbers: Type.Union([Type.Literal('refuse'), Type.Literal('string')], {
        ...fieldText('大数', 'Big numbers', '超出双精度的整数。', 'Whole numbers that a double cannot represent.', {
          options: { refuse: ['拒绝', 'Refuse'], string: ['保留为字符串', 'Keep as text, with all digits'] },
        }),
        default: 'refuse',
      }),
    },
    { additionalProperties: false },
  ),
  prepare(config) {
    const parser = createParser();
    return async (ctx, message) => {
      const source = sourceOf(message, 'JSON_INPUT');
      const parsed = await parser.parse({ kind: 'json', source, charset: message.charset ?? 'UTF-8', options: config }, ctx);
      return { emit: { ok: [asParsed(message, parsed)] } };
    };
  },
});
