import { Type } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';
import { asParsed, sourceOf } from '../shared/parse-worker/parsed-message.ts';

/** Parses XML text or bytes into data in the form of `nodes/shared/xml/parse-xml.ts`. */
export default defineNode({
  type: 'xml.parse',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'code-xml',
  text: {
    label: { 'zh-CN': '解析 XML', en: 'Parse XML' },
    help: {
      'zh-CN': '把 XML 解析为数据：属性为 @name，文本为 #text，值一律为字符串。',
      en: 'Converts XML to data: attributes are @name, text is #text, values are always text.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      namespaces: Type.Union([Type.Literal('keep'), Type.Literal('strip')], {
        ...fieldText('命名空间', 'Namespaces', undefined, undefined, {
          options: { keep: ['保留前缀', 'Keep prefixes'], strip: ['去掉前缀和声明', 'Drop prefixes and declarations'] },
        }),
        default: 'keep',
      }),
      arrays: Type.Array(Type.String({ ...fieldEditor('data-path'), minLength: 1, maxLength: 1000 }), {
        ...fieldText('总是数组的路径', 'Always arrays', '只出现一次时也是数组。', 'Arrays even if they occur only once.', {
          example: 'Reports.Report',
        }),
        default: [],
        maxItems: 200,
      }),
      maxDepth: Type.Integer({ ...fieldText('最大嵌套层数', 'Maximum levels'), minimum: 2, maximum: 1000, default: 100 }),
    },
    { additionalProperties: false },
  ),
  prepare(config) {
    const parser = createParser();
    return async (ctx, message) => {
      const source = sourceOf(message, 'XML_INPUT');
      const parsed = await parser.parse({ kind: 'xml', source, charset: message.charset, options: config }, ctx);
      return { emit: { ok: [asParsed(message, parsed)] } };
    };
  },
});
