import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type ConfigProblem, type RunNode } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import { runInThreads } from '../shared/run-in-threads.ts';
import { MEDIA_TYPES, OutputKind } from './escape.ts';
import type { FillTask } from './fill.ts';
import { createLiquid, parseTemplate } from './liquid.ts';

const createFill = runInThreads<FillTask, unknown>(
  new URL(import.meta.url.endsWith('.ts') ? './fill-worker.ts' : './fill-worker.js', import.meta.url),
);

const Config = Type.Object(
  {
    template: Type.String({
      ...fieldText('模板', 'Template', 'Liquid 写法；可用 data、headers、keys、now。', 'Liquid, with data, headers, keys and now.', {
        example: '{% for item in data.items %}{{ item.code }}={{ item.value }}\n{% endfor %}',
      }),
      ...fieldEditor('long-text'),
      minLength: 1,
      maxLength: 200_000,
    }),
    kind: Type.Union(OutputKind.anyOf, {
      ...fieldText('输出种类', 'Kind of text', '决定值如何转义。', 'Decides how values are escaped.', {
        options: {
          none: ['纯文本（不转义）', 'Plain text (no escaping)'],
          xml: ['XML', 'XML'],
          html: ['HTML', 'HTML'],
          json: ['JSON', 'JSON'],
          csv: ['CSV', 'CSV'],
          hl7: ['HL7 v2', 'HL7 v2'],
        },
      }),
      default: 'none',
    }),
    missing: Type.Union([Type.Literal('empty'), Type.Literal('error')], {
      ...fieldText('没有值的字段', 'Absent fields', undefined, undefined, {
        options: { empty: ['留空', 'Empty'], error: ['报错', 'Error'] },
      }),
      default: 'empty',
    }),
    charset: Type.Union([Type.Literal('UTF-8'), Type.Literal('GBK'), Type.Literal('GB18030')], {
      ...fieldText('字符集', 'Charset', '非 UTF-8 时输出字节。', 'Anything except UTF-8 is emitted as bytes.'),
      default: 'UTF-8',
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

const CPU_MS = 20_000;

/** Fills a text template from the message, in a thread with limits. */
export default defineNode({
  type: 'text.template',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'file-text',
  text: {
    label: { 'zh-CN': '文本模板', en: 'Text template' },
    help: {
      'zh-CN': '用消息中的值填写文本模板，按输出种类转义。',
      en: 'Fills a text template with values of the message, escaped by the kind of text.',
    },
    words: 'Liquid 模板 拼接',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Config,
  check: findProblems,
  prepare: prepareTemplate,
});

function prepareTemplate({ template, kind, missing, charset }: Config): RunNode<Config> {
  const fill = createFill();
  return async (ctx, message) => {
    const { data, headers, keys } = message;
    const scope = { data: data instanceof Uint8Array ? undefined : data, headers, keys, now: ctx.scope.now };
    const asData = charset === 'UTF-8';
    const filled = await fill({ template, kind, asData, isStrict: missing === 'error', scope }, ctx, CPU_MS);
    const written = asData ? filled : new Uint8Array(encodeText(filled as string, charset));
    return { emit: { ok: [{ ...withData(message, written, MEDIA_TYPES[kind]), charset }] } };
  };
}

function findProblems({ template, kind }: Config): readonly ConfigProblem[] {
  try {
    parseTemplate(createLiquid(kind), template);
    return [];
  } catch (error) {
    if (error instanceof AppError) return [{ path: '/template', message: bothTexts(error) }];
    throw error;
  }
}
