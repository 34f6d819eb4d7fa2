import { Type } from 'typebox';
import { isQuickCheck } from '../../engine/contract/schema/check-cost.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type Outcome } from '../../engine/contract/node/node.ts';
import { measurePlainSchema, measureSchema, type PlainSchemaSize } from '../../engine/contract/schema/schema-bounds.ts';
import { schemaExcessText } from '../../engine/contract/schema/schema-excess-texts.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { compileFirstBreach, type Breach, type FirstBreach } from '../../engine/schema/compile-schema.ts';
import { refuseUnusableSchema, toCheckIssue } from '../shared/json/schema-check.ts';
import { createParser, type ParseContext } from '../shared/parse-worker/create-parser.ts';

/**
 * Checks the data against a JSON Schema (2020-12). Rejects invalid data with CHECK_SCHEMA (input). This error names the
 * wrong places in the data, but contains no values.
 */
export default defineNode({
  type: 'check.json-schema',
  major: 1,
  kind: 'action',
  category: 'check',
  icon: 'badge-check',
  text: {
    label: { 'zh-CN': '数据校验', en: 'Check by schema' },
    help: {
      'zh-CN': '按 JSON Schema 检查数据，不符合的从错误出口离开。',
      en: 'Checks the data against a JSON Schema; data that does not match is refused.',
    },
    words: '校验 验证 validate',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      schema: Type.Record(Type.String(), Type.Unknown(), {
        ...fieldText('JSON Schema', 'JSON Schema', '2020-12 版。', 'Draft 2020-12.'),
        ...fieldEditor('json-schema'),
      }),
      maxIssues: Type.Integer({ ...fieldText('最多列出的问题', 'Maximum issues listed'), minimum: 1, maximum: 200, default: 20 }),
    },
    { additionalProperties: false },
  ),
  check(config) {
    const { excess } = measureSchema(config.schema);
    if (excess !== undefined) return [{ path: '/schema', message: schemaExcessText(excess) }];
    try {
      refuseUnusableSchema(config.schema);
      return [];
    } catch (error) {
      const en = (error as Error).message.slice(0, 500);
      const zh = `JSON Schema 无法使用，请按 2020-12 规范修改（正则表达式限 RE2 语法）：${en.replace('The schema cannot be used: ', '')}`;
      return [{ path: '/schema', message: { 'zh-CN': zh, en } }];
    }
  },
  prepare(config) {
    // The schema is compiled when the first message arrives: compiling takes milliseconds, and a starting process may
    // have thousands of flows. When the flow was published, `check` already made sure that the schema compiles.
    let plain: { readonly size: PlainSchemaSize | undefined; readonly text: string } | undefined;
    let findFirst: FirstBreach | undefined;
    const parser = createParser();

    /**
     * Returns the refusal of the message. It lists all problems if the parser can find them, otherwise only `first`.
     */
    async function refusal(first: Breach, schema: string, { data }: Message, ctx: ParseContext): Promise<Outcome> {
      const all = await parser.listBreaches({ data, schema, most: config.maxIssues }, ctx);
      const { breaches, count } = all ?? { breaches: [first] };
      return {
        reject: {
          code: 'CHECK_SCHEMA',
          kind: 'input',
          message: `The data does not match its schema${count === undefined ? '' : ` at ${count} place(s)`}.`,
          ...(count === undefined ? {} : { values: { count } }),
          fix: 'Correct the listed fields and send again.',
          issues: breaches.map(toCheckIssue),
        },
      };
    }

    return (ctx, message) => {
      const { data } = message;
      const { size, text } = (plain ??= { size: measurePlainSchema(config.schema), text: JSON.stringify(config.schema) });
      const toOutcome = (first: Breach | undefined) =>
        first === undefined ? { emit: { ok: [message] } } : refusal(first, text, message, ctx);
      if (size !== undefined && isQuickCheck(size, data)) return toOutcome((findFirst ??= compileFirstBreach(config.schema))(data));
      return (parser.inThread({ kind: 'schema', data, schema: text }, ctx) as Promise<Breach | undefined>).then(toOutcome);
    };
  },
});
