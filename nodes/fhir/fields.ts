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
  const fill = compileTemplate(id, (value, placeholder) => encodePathValue(filled(value, placeholder), placeholder));
  return (scope) => `/${type}/${filled(fill(scope), id)}`;
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

/**
 * Returns a function that gives the conditions of a write as a query. Throws HTTP_VALUE_REFUSED (input) if any of them has no
 * value: a write with fewer conditions would reach other resources, and one without any would reach all.
 */
export function compileMatch(match: Readonly<Record<string, string>>): (scope: Scope) => string {
  const fields = Object.entries(match).map(([name, template]) => {
    const fill = compileTemplate(
      template,
      (value, placeholder) => encodeQueryValue(filled(value, placeholder), placeholder),
      encodeURIComponent,
    );
    return (scope: Scope) => `${encodeURIComponent(name)}=${filled(fill(scope), name)}`;
  });
  return (scope) => fields.map((read) => read(scope)).join('&');
}

/** Returns the value. Throws HTTP_VALUE_REFUSED (input) if there is none. `name` is a placeholder or a parameter. */
export function filled(value: string | undefined, name: string): string {
  return value === undefined || value.trim() === '' ? missing(name) : value;
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

function missing(name: string): never {
  throw new AppError('HTTP_VALUE_REFUSED', 'input', `The value of ${name} is empty.`, {
    values: { problem: 'empty', placeholder: name.replace(/[{}]/g, '') },
    fix: 'Check the value before the call, or correct the path of the placeholder.',
  });
}
