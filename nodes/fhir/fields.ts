/** Fields that several FHIR nodes have. */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import type { ConfigProblem, Scope } from '../../engine/contract/node/node.ts';
import { valuesByName } from '../../engine/contract/values/named-values.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { compileTemplate, encodePathValue, encodeQueryValue } from '../shared/http/template.ts';

export const resourceType = Type.String({
  ...fieldText('资源类型', 'Resource type', undefined, undefined, { example: 'Patient' }),
  pattern: '^[A-Z][A-Za-z]{1,50}$',
});

export const idTemplate = Type.String({
  ...fieldText('编号', 'Id', '可含占位符。', 'Can contain placeholders.', { example: '{data.patientId}' }),
  ...fieldEditor('template'),
  minLength: 1,
  maxLength: 500,
});

export function searchParameters(zhCN: string, en: string, helpZhCN: string, helpEn: string) {
  return valuesByName(Type.String({ ...fieldEditor('template'), maxLength: 2000 }), {
    ...fieldText(zhCN, en, helpZhCN, helpEn, { example: 'identifier: {data.patientId}' }),
    default: {},
    maxProperties: 50,
  });
}

/** Returns a function that gives the path of one resource. */
export function compileResourcePath(type: string, id: string): (scope: Scope) => string {
  const fill = compileTemplate(id, encodePathValue);
  return (scope) => `/${type}/${fill(scope) ?? missing(id)}`;
}

/** Returns a function that gives the parameters as a query, without those whose placeholder has no value. */
export function compileParameters(parameters: Readonly<Record<string, string>>): (scope: Scope) => string {
  const fields = Object.entries(parameters).map(([name, template]) => ({
    name: encodeURIComponent(name),
    fill: compileTemplate(template, encodeQueryValue, encodeURIComponent),
  }));
  return (scope) =>
    fields
      .flatMap(({ name, fill }) => {
        const value = fill(scope);
        return value === undefined ? [] : [`${name}=${value}`];
      })
      .join('&');
}

/** Returns the problems of templates, by their paths in the configuration. */
export function checkTemplates(templates: Readonly<Record<string, string>>): readonly ConfigProblem[] {
  return Object.entries(templates).flatMap(([path, template]) => {
    try {
      compileTemplate(template, (value) => value);
      return [];
    } catch (error) {
      return [{ path, message: bothTexts(error as AppError) }];
    }
  });
}

/** Returns the resource in the data. Throws FHIR_RESOURCE_WRONG (input) if it is none, or of another type. */
export function resourceIn(data: unknown, type: string): Readonly<Record<string, unknown>> {
  if (isRecord(data) && data['resourceType'] === type) return data;
  throw new AppError('FHIR_RESOURCE_WRONG', 'input', `The data is no resource of type ${type}.`, {
    values: { type },
    fix: `Give a resource as JSON, with "resourceType": "${type}".`,
  });
}

function missing(id: string): never {
  throw new AppError('HTTP_VALUE_REFUSED', 'input', `The value of ${id} is empty or a dot segment and cannot be used in a path.`, {
    values: { problem: 'empty', placeholder: id.replace(/[{}]/g, '') },
    fix: 'Check the value before the call, or correct the path of the placeholder.',
  });
}
