/**
 * The problems of a form's value, assigned to fields: those that the schema finds locally, and those from the server.
 * Pure.
 */
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import { NAME_RULES, nameRuleOf } from '../../../../engine/contract/values/named-values.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { schemaIssues } from '../../../../engine/flow/schema-issues.ts';
import { defineTexts, translateWith, type Language } from '../../i18n/text-pairs.ts';
import { fieldOf, schemaAt } from '../../model/problems/field-names.ts';
import { fitsSchema } from '../../model/schema/fits-schema.ts';
import { withDefaults } from '../../model/schema/schema-defaults.ts';
import type { FieldSchema } from './field-schema.ts';

export interface FormIssue {
  /** JSON Pointer in the form's value. */
  readonly pointer: string;
  /** Label of the field in the form; empty for a problem of the whole value. */
  readonly label?: string;
  readonly severity: Issue['severity'];
  readonly what: string;
  readonly fix?: string;
}

const LOCAL = 'FORM_SCHEMA';

/** Texts of local problems. They are shown beside the field, so they need not name it. */
const TEXTS = defineTexts({
  required: ['请填写此项', 'This is required'],
  pattern: ['格式不正确', 'This does not have the right format'],
  'control-characters': [
    '含有控制字符或改变文字方向的字符，请删除',
    'It contains control characters or characters that change the text direction',
  ],
  minLength: ['至少 {{limit}} 个字符', 'At least {{limit}} characters'],
  maxLength: ['最多 {{limit}} 个字符', 'At most {{limit}} characters'],
  minimum: ['不能小于 {{limit}}', 'Not below {{limit}}'],
  maximum: ['不能大于 {{limit}}', 'Not above {{limit}}'],
  exclusiveMinimum: ['必须大于 {{limit}}', 'Must be above {{limit}}'],
  exclusiveMaximum: ['必须小于 {{limit}}', 'Must be below {{limit}}'],
  minItems: ['至少 {{limit}} 项', 'At least {{limit}} entries'],
  maxItems: ['最多 {{limit}} 项', 'At most {{limit}} entries'],
  maxProperties: ['最多 {{limit}} 项', 'At most {{limit}} entries'],
  enum: ['请从选项中选择', 'Choose one of the options'],
  type: ['值的类型不正确', 'The value is of the wrong type'],
  'unknown-field': ['此处没有这一字段', 'This field does not exist here'],
  unfinished: ['尚未填完', 'Incomplete'],
});

/** Returns every violation of the schema. Defaults are filled in first, as the engine does. */
export function localIssues(schema: FieldSchema, value: unknown, language: Language): readonly FormIssue[] {
  const filled = withDefaults(schema, value);
  return schemaIssues(schema, filled, LOCAL, '', fitsSchema).map((issue) => {
    const told = toFormIssue(issue, language);
    const rule = issue.values?.['problem'] === 'pattern' ? patternText(schema, issue.path) : undefined;
    return { ...told, ...(rule === undefined ? {} : { what: rule[language] }), label: fieldOf(schema, issue.path, language).label };
  });
}

/** Returns what the pattern of a field, or of an entry of a list, allows in words; undefined if there are none. */
function patternText(schema: FieldSchema, pointer: string): Text | undefined {
  const field = schemaAt(schema, pointer);
  const name = nameRuleOf(field?.pattern);
  const text = field?.text ?? schemaAt(schema, pointer.replace(/\/\d+$/, ''))?.text;
  return text?.pattern ?? (name === undefined ? undefined : NAME_RULES[name].text);
}

/**
 * Returns the issues of the server that the schema alone cannot find. `prefix` is the JSON Pointer of the form's value
 * in the server's document.
 */
export function serverIssues(issues: readonly Issue[], prefix: string, language: Language): readonly FormIssue[] {
  return issues
    .filter(({ path }) => path === prefix || path.startsWith(`${prefix}/`))
    .filter(({ values }) => !isSchemaWord(values?.['problem']))
    .map((issue) => toFormIssue({ ...issue, path: issue.path.slice(prefix.length) }, language));
}

/**
 * Returns the problems to show beside the field at `pointer`. If the field consists of smaller fields, their problems
 * are left out, because these fields show them.
 */
export function issuesAt(issues: readonly FormIssue[], pointer: string, hasOwnFields: boolean): readonly FormIssue[] {
  return issues.filter((issue) => issue.pointer === pointer || (!hasOwnFields && issue.pointer.startsWith(`${pointer}/`)));
}

/** Returns the problems that none of the fields shows. */
export function issuesElsewhere(issues: readonly FormIssue[], pointers: readonly string[]): readonly FormIssue[] {
  return issues.filter(({ pointer }) => !pointers.some((field) => pointer === field || pointer.startsWith(`${field}/`)));
}

function toFormIssue(issue: Issue, language: Language): FormIssue {
  const t = translateWith(TEXTS, language);
  const { path: pointer, severity, values = {} } = issue;
  const problem = values['problem'];
  if (issue.code === LOCAL) {
    const limit = values['limit'];
    return {
      pointer,
      severity,
      what: isSchemaWord(problem) ? t(problem, limit === undefined ? {} : { limit: String(limit) }) : t('unfinished'),
    };
  }
  const { what, fix } = errorText(issue, language);
  return { pointer, severity, what, ...(fix === undefined ? {} : { fix }) };
}

function isSchemaWord(problem: unknown): problem is keyof typeof TEXTS {
  return typeof problem === 'string' && Object.hasOwn(TEXTS, problem);
}
