import { Type } from 'typebox';
import { isQuickCheck } from '../../engine/contract/check-cost.ts';
import type { Message } from '../../engine/contract/message.ts';
import { defineNode, errorPort, inPort, okPort, type Outcome } from '../../engine/contract/node.ts';
import { measureSchema, schemaExcessText, type SchemaSize } from '../../engine/contract/schema-bounds.ts';
import { fieldEditor, fieldText } from '../../engine/contract/texts.ts';
import { compileSchemaCheck, type SchemaCheck, type SchemaFindings } from '../shared/json/schema-check.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';

/** Checks the data against a JSON Schema (2020-12). What does not fit is refused with CHECK_SCHEMA and every place, never a value. */
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
      en: 'Checks the data by a JSON Schema; what does not fit is refused.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      schema: Type.Record(Type.String(), Type.Unknown(), {
        ...fieldText('JSON Schema', 'JSON Schema', '2020-12 版。', 'Draft 2020-12.'),
        ...fieldEditor('json-schema'),
      }),
      maxIssues: Type.Integer({ ...fieldText('最多列出的问题', 'Issues listed at most'), minimum: 1, maximum: 200, default: 20 }),
    },
    { additionalProperties: false },
  ),
  check(config) {
    const { excess } = measureSchema(config.schema);
    if (excess !== undefined) return [{ path: '/schema', message: schemaExcessText(excess) }];
    try {
      compileSchemaCheck(config.schema, config.maxIssues);
      return [];
    } catch (error) {
      const en = (error as Error).message.slice(0, 500);
      const zh = `JSON Schema 无法使用，请按 2020-12 规范修改（正则表达式限 RE2 语法）：${en.replace('The schema cannot be used: ', '')}`;
      return [{ path: '/schema', message: { 'zh-CN': zh, en } }];
    }
  },
  prepare(config) {
    // At the first message: it takes milliseconds, and a process that starts has thousands of flows. Publishing has tried it (`check`).
    let check: SchemaCheck | undefined;
    let size: SchemaSize | undefined;
    const parser = createParser();
    const toOutcome = (found: SchemaFindings | undefined, message: Message): Outcome => {
      if (found === undefined) return { emit: { ok: [message] } };
      return {
        reject: {
          code: 'CHECK_SCHEMA',
          kind: 'input',
          message: `The data does not fit its schema at ${found.count} place(s).`,
          values: { count: found.count },
          fix: 'Correct the named fields and send again.',
          issues: found.issues,
        },
      };
    };
    return (ctx, message) => {
      const { data } = message;
      if (isQuickCheck((size ??= measureSchema(config.schema)), data))
        return toOutcome((check ??= compileSchemaCheck(config.schema, config.maxIssues))(data), message);
      const found = parser.inThread({ kind: 'schema', data, ...config }, ctx) as Promise<SchemaFindings | undefined>;
      return found.then((late) => toOutcome(late, message));
    };
  },
});
