import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/errors.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node.ts';
import { schemaValues } from '../../engine/contract/schema-problem.ts';
import { fieldEditor, fieldText } from '../../engine/contract/texts.ts';

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
    try {
      compileSchema(config.schema);
      return [];
    } catch (error) {
      const en = (error as Error).message.slice(0, 500);
      const zh = `JSON Schema 无法使用，请按 2020-12 规范修改（正则表达式限 RE2 语法）：${en.replace('The schema cannot be used: ', '')}`;
      return [{ path: '/schema', message: { 'zh-CN': zh, en } }];
    }
  },
  prepare(config) {
    // At the first message: it takes milliseconds, and a process that starts has thousands of flows. Publishing has tried it (`check`).
    let compiled: ValidateFunction | undefined;
    return (_ctx, message) => {
      const validate = (compiled ??= compileSchema(config.schema));
      if (validate(message.data)) return { emit: { ok: [message] } };
      const found = (validate.errors ?? []).slice(0, config.maxIssues);
      return {
        reject: {
          code: 'CHECK_SCHEMA',
          kind: 'input',
          message: `The data does not fit its schema at ${validate.errors?.length ?? 0} place(s).`,
          values: { count: validate.errors?.length ?? 0 },
          fix: 'Correct the named fields and send again.',
          issues: found.map((error) => ({
            path: error.instancePath,
            code: 'CHECK_SCHEMA',
            message: describe(error),
            severity: 'error' as const,
            // Without `field`: the names of fields come from the data here, and only the path tells them.
            values: schemaValues(error, ''),
          })),
        },
      };
    };
  },
});

/** Patterns run in linear time (RE2), so no data can hold the process up. Remote references are not followed. */
function compileSchema(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateSchema: true, code: { regExp: linearPattern } });
  addFormats.default(ajv, { mode: 'full', formats: [...FORMATS] });
  addFormats.default(ajv, { mode: 'fast', formats: ['uri', 'email'] });
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new AppError('CHECK_SCHEMA_INVALID', 'input', `The schema cannot be used: ${(error as Error).message.slice(0, 300)}.`, {
      fix: 'Correct the schema; patterns are RE2 (no look-around, no back references).',
    });
  }
}

const linearPattern = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    // ajv tests, and tells patterns apart by their text; the rest of RegExp is never asked for.
    return { test: (text: string) => compiled.test(text), toString: () => pattern } as RegExp;
  },
  { code: 'linearPattern' },
);

const FORMATS = ['date', 'time', 'date-time', 'duration', 'hostname', 'ipv4', 'ipv6', 'uuid', 'json-pointer'] as const;

/** Says what is wanted, from the schema alone; field names of the data are not told either. */
function describe(error: ErrorObject): string {
  return error.keyword === 'additionalProperties' || error.keyword === 'unevaluatedProperties'
    ? 'has a field that is not allowed'
    : (error.message ?? `breaks "${error.keyword}"`);
}
