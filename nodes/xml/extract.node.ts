import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type ConfigProblem,
  type RunNode,
} from '../../engine/contract/node/node.ts';
import { valuesByName } from '../../engine/contract/values/named-values.ts';
import { fieldText, type Text } from '../../engine/contract/values/texts.ts';
import { cpuMsFor } from '../shared/run-in-threads.ts';
import { compileSource, sourceField } from './source-field.ts';
import { fieldAtLine, readValues, writeStylesheet } from './xslt/extract-stylesheet.ts';
import { createRunXslt } from './xslt/run-xslt.ts';
import { isKnownFunction, namesIn, unknownName } from './xslt/xpath-names.ts';
import { createXPathCheck } from './xslt/xpath-syntax.ts';

const Field = Type.Object(
  {
    name: Type.String({
      ...fieldText('字段名', 'Name', '输出数据中的字段。', 'Field of the emitted data.', { example: 'patientName' }),
      pattern: '^[A-Za-z_\\u4e00-\\u9fff][A-Za-z0-9_\\u4e00-\\u9fff-]{0,99}$',
    }),
    path: Type.String({
      ...fieldText('XPath', 'XPath', 'XPath 1.0；带命名空间的元素写前缀。', 'XPath 1.0; write the prefix of elements with a namespace.', {
        example: '//hl7:patient/hl7:name',
      }),
      minLength: 1,
      maxLength: 2000,
    }),
    many: Type.Boolean({
      ...fieldText('取全部', 'All of them', '输出数组；否则取第一个。', 'Emits a list; otherwise the first one.'),
      default: false,
    }),
    required: Type.Boolean({ ...fieldText('必须有', 'Required', '找不到时报错。', 'Absent is an error.'), default: false }),
  },
  { additionalProperties: false },
);

const Config = Type.Object(
  {
    fields: Type.Array(Field, { ...fieldText('字段', 'Fields'), minItems: 1, maxItems: 200 }),
    namespaces: valuesByName(Type.String({ minLength: 1, maxLength: 500 }), {
      ...fieldText('命名空间', 'Namespaces', '前缀 -> 命名空间。', 'Prefix -> namespace.', { example: 'hl7: urn:hl7-org:v3' }),
      default: {},
      maxProperties: 50,
    }),
    source: sourceField,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Takes values out of XML by XPath 1.0. */
export default defineNode({
  type: 'xml.extract',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'text-search',
  text: {
    label: { 'zh-CN': 'XPath 取值', en: 'XPath' },
    help: {
      'zh-CN': '用 XPath 从 XML 中取值，每个表达式成为一个字段。',
      en: 'Takes values out of XML by XPath; each expression becomes a field.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Config,
  expressions: ['/source/expression'],
  check: findProblems,
  prepare: prepareExtract,
});

function prepareExtract({ fields, namespaces, source }: Config, build: BuildContext): RunNode<Config> {
  const run = createRunXslt();
  const readSource = compileSource(source, build);
  const stylesheet = writeStylesheet(fields, namespaces);
  return async (ctx, message) => {
    const xml = await readSource(ctx, message);
    const task = { stylesheet, source: xml, charset: message.charset, parameters: {} };
    const output = await run(task, ctx, cpuMsFor(xml.length)).catch((error: unknown) => {
      throw atPath(error, fields);
    });
    const data = readValues(output, fields);
    const absent = fields.find(({ name, required }) => required && (data[name] === null || (data[name] as unknown[]).length === 0));
    if (absent !== undefined)
      throw new AppError('XPATH_NOTHING', 'input', `The XPath of the field ${absent.name} found nothing.`, {
        values: { name: absent.name },
        fix: 'Check the path and its prefixes with this message, or do not require the field.',
      });
    const { charset: _text, ...rest } = withData(message, data, 'application/json');
    return { emit: { ok: [rest] } };
  };
}

/** Replaces an error of the generated stylesheet by one that names the field. */
function atPath(error: unknown, fields: Config['fields']): unknown {
  if (!(error instanceof AppError) || (error.code !== 'XSLT_INVALID' && error.code !== 'XSLT_FAILED')) return error;
  const name = fieldAtLine(fields, error.values?.['line'])?.name;
  return new AppError('XPATH_WRONG', 'input', `The XPath ${name === undefined ? '' : `of the field ${name} `}cannot be evaluated.`, {
    values: name === undefined ? {} : { name },
    fix: 'Correct the expression (XPath 1.0); each prefix needs a row under Namespaces.',
  });
}

const PREFIX = /^[A-Za-z_][A-Za-z0-9_.-]{0,60}$/;

function findProblems({ fields, namespaces }: Config): readonly ConfigProblem[] {
  const twice = fields.flatMap(({ name }, index): ConfigProblem[] =>
    fields.findIndex((other) => other.name === name) === index
      ? []
      : [{ path: `/fields/${index}/name`, message: { 'zh-CN': `字段“${name}”重复`, en: `The field "${name}" is there twice.` } }],
  );
  const prefixes = Object.keys(namespaces).flatMap((prefix): ConfigProblem[] =>
    PREFIX.test(prefix) && prefix !== 'xsl' && prefix !== 'kq' && !/^xml/i.test(prefix)
      ? []
      : [{ path: '/namespaces', message: { 'zh-CN': `“${prefix}”不能作为前缀`, en: `"${prefix}" cannot be a prefix.` } }],
  );
  const check = createXPathCheck();
  const isDeclared = (prefix: string) => prefix === 'xml' || Object.hasOwn(namespaces, prefix);
  const wrong = fields.flatMap(({ path }, index): ConfigProblem[] => {
    const message = check(path, 'expression', isDeclared) ?? unknownIn(path, namespaces);
    return message === undefined ? [] : [{ path: `/fields/${index}/path`, message: asSentence(message) }];
  });
  return [...twice, ...prefixes, ...wrong];
}

/** Nothing declares variables here. */
function unknownIn(path: string, namespaces: Config['namespaces']): Text | undefined {
  const unknown = namesIn(path, (prefix) => namespaces[prefix]).find((name) => name.kind === 'variable' || !isKnownFunction(name));
  return unknown && unknownName(unknown);
}

function asSentence(problem: Text): Text {
  const fix = { 'zh-CN': '请更正；每个前缀都要在“命名空间”中有一行', en: 'Correct it; each prefix needs a row under Namespaces.' };
  return { 'zh-CN': `该 XPath 有误：${problem['zh-CN']}。${fix['zh-CN']}`, en: `This XPath is wrong: ${problem.en}. ${fix.en}` };
}
