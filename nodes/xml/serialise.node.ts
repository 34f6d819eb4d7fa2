import { Type } from 'typebox';
import { withData, type Message } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type Outcome } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import { isLarge } from '../../engine/threads/is-large.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';
import { serialiseXml } from '../shared/xml/serialise-xml.ts';

/** Converts data in the form of `nodes/shared/xml/parse-xml.ts` to an XML document. */
export default defineNode({
  type: 'xml.serialise',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'code-xml',
  text: {
    label: { 'zh-CN': '生成 XML', en: 'Write XML' },
    help: {
      'zh-CN': '把数据写成 XML 文档：@name 为属性，#text 为文本，数组为重复元素。',
      en: 'Converts data to an XML document: @name are attributes, #text is text, arrays are repeated elements.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      charset: Type.Union([Type.Literal('UTF-8'), Type.Literal('GBK'), Type.Literal('GB18030')], {
        ...fieldText(
          '字符集',
          'Charset',
          '写入 XML 声明；非 UTF-8 时输出字节。',
          'Written into the XML declaration; anything except UTF-8 is emitted as bytes.',
        ),
        default: 'UTF-8',
      }),
      declaration: Type.Boolean({ ...fieldText('XML 声明', 'XML declaration'), default: true }),
    },
    { additionalProperties: false },
  ),
  prepare(config) {
    const parser = createParser();
    const options = { maxDepth: 1000, ...(config.declaration ? { charset: config.charset } : {}) };
    const toOutcome = (xml: string, message: Message): Outcome => {
      const written = config.charset === 'UTF-8' ? xml : new Uint8Array(encodeText(xml, config.charset));
      return { emit: { ok: [{ ...withData(message, written, 'application/xml'), charset: config.charset }] } };
    };
    return (ctx, message) => {
      const { data } = message;
      if (!isLarge(data)) return toOutcome(serialiseXml(data, options), message);
      const xml = parser.inThread({ kind: 'xml-text', data, options }, ctx) as Promise<string>;
      return xml.then((late) => toOutcome(late, message));
    };
  },
});
