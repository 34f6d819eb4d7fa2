import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { withData, type Message } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type ConfigProblem,
  type RunNode,
} from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import { cpuMsFor } from '../shared/run-in-threads.ts';
import { refuseDeclarations } from '../shared/xml/parse-xml.ts';
import { compileSource, sourceField } from './source-field.ts';
import { charsetOf, readOutput, stylesheetProblems } from './xslt/check-stylesheet.ts';
import { createRunXslt } from './xslt/run-xslt.ts';
import { compileInput } from '../shared/compile-input.ts';

const Parameter = Type.Object(
  {
    name: Type.String({
      ...fieldText('参数名', 'Name', '样式表中 xsl:param 的名称。', 'Name of the xsl:param of the stylesheet.', { example: 'sender' }),
      pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,60}$',
    }),
    value: Type.Union(Operand.anyOf, {
      ...fieldText(
        '值',
        'Value',
        '文本、数字或布尔值；没有值时用样式表的默认值。',
        'Text, number or boolean; absent: the default of the stylesheet.',
      ),
      ...fieldEditor('operand'),
    }),
  },
  { additionalProperties: false },
);

const Config = Type.Object(
  {
    stylesheet: Type.String({
      ...fieldText('样式表', 'Stylesheet', 'XSLT 1.0，完整写在这里。', 'XSLT 1.0, all of it in this field.', {
        example: '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">…</xsl:stylesheet>',
      }),
      ...fieldEditor('long-text'),
      minLength: 1,
      maxLength: 500_000,
    }),
    parameters: Type.Array(Parameter, { ...fieldText('参数', 'Parameters'), default: [], maxItems: 100 }),
    mediaType: Type.String({
      ...fieldText('输出的媒体类型', 'Media type of the result', undefined, undefined, { example: 'application/xml' }),
      ...fieldEditor('media-type'),
      pattern: '^[a-z0-9.+-]+/[a-z0-9.+-]+$',
      maxLength: 100,
      default: 'application/xml',
    }),
    source: sourceField,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Transforms XML by an XSLT 1.0 stylesheet, in a thread with limits of time and memory. */
export default defineNode({
  type: 'xml.transform',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'code-xml',
  text: {
    label: { 'zh-CN': 'XSLT 转换', en: 'XSLT' },
    help: {
      'zh-CN': '按 XSLT 1.0 样式表把 XML 转换为 XML、HTML 或文本。',
      en: 'Transforms XML to XML, HTML or text by an XSLT 1.0 stylesheet.',
    },
    words: 'XSLT 样式表',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Config,
  expressions: ['/parameters/*/value/expression', '/source/expression'],
  check: problemsOf,
  prepare: prepareTransform,
});

function prepareTransform({ stylesheet, parameters, mediaType, source }: Config, build: BuildContext): RunNode<Config> {
  const run = createRunXslt();
  const readSource = compileSource(source, build);
  const form = outputForm(stylesheet);
  const readers = parameters.map(({ name, value }, index) => ({
    name,
    read: compileInput(`/parameters/${index}/value`, value, build),
  }));
  return async (ctx, message) => {
    const values: Record<string, string | number | boolean> = {};
    for (const { name, read } of readers) {
      const value = await read(ctx.scope);
      if (value !== undefined && value !== null) values[name] = scalar(value, name);
    }
    const xml = await readSource(ctx, message);
    const text = await run({ stylesheet, source: xml, charset: message.charset, parameters: values }, ctx, cpuMsFor(xml.length));
    return { emit: { ok: [withText(message, text, mediaType, form)] } };
  };
}

function scalar(value: unknown, name: string): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new AppError('XSLT_FAILED', 'input', `The parameter ${name} is neither text, number nor boolean.`, {
    values: { problem: 'parameter', name },
    fix: 'Give a single value.',
  });
}

/**
 * The message has the charset that the stylesheet names. XML and HTML declare it inside, so they are emitted as bytes of
 * it; plain text stays text, and is written in it by the node that sends it.
 */
function withText(message: Message, text: string, mediaType: string, { method, charset }: OutputForm): Message {
  const isText = charset === 'UTF-8' || method === 'text';
  return { ...withData(message, isText ? text : new Uint8Array(encodeText(text, charset)), mediaType), charset };
}

interface OutputForm {
  readonly method: string | undefined;
  readonly charset: string;
}

/** A stylesheet that was published before it was checked may be unreadable, or name a charset that is unknown. */
function outputForm(stylesheet: string): OutputForm {
  const output = readOutput(stylesheet);
  return { method: output.method, charset: charsetOf(output) ?? 'UTF-8' };
}

/** What can be said without running it. The rest is found with the first message, or by trying the node. */
function problemsOf({ stylesheet, parameters }: Config): readonly ConfigProblem[] {
  try {
    refuseDeclarations(stylesheet);
    const names = parameters.map(({ name }) => name);
    return stylesheetProblems(stylesheet, names).map((message) => ({ path: '/stylesheet', message }));
  } catch (error) {
    if (error instanceof AppError) return [{ path: '/stylesheet', message: bothTexts(error) }];
    throw error;
  }
}
