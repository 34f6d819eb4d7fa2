/** The field with which actions name a file or folder: a path with placeholders. */
import { bothTexts } from '../../../engine/contract/error-texts/error-texts.ts';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import type { ConfigProblem, Scope } from '../../../engine/contract/node/node.ts';
import { atField } from '../../../engine/contract/values/at-field.ts';
import { compileTemplate } from '../../shared/http/template.ts';
import { checkPath, isName, wrongValue } from './paths.ts';

/** Reports a template that is no path with any values. */
export function checkPathField(field: string, template: string): readonly ConfigProblem[] {
  try {
    compilePath(field, template);
    checkPath(template.replace(/\{[^{}]*\}/g, 'x'));
    return [];
  } catch (error) {
    return [{ path: `/${field}`, message: bothTexts(error as AppError) }];
  }
}

/** Returns a function that fills in a path. It throws FILE_PATH_WRONG (input) for a value that would add or leave a folder. */
export function compilePath(field: string, template: string): (scope: Scope) => string {
  const fill = atField(`/${field}`, () => compileTemplate(template, inPath));
  return (scope) => checkPath(fill(scope) ?? inPath('', template.slice(1, -1)));
}

function inPath(value: string, placeholder: string): string {
  if (value !== '' && isName(`x${value}`)) return value;
  throw wrongValue(placeholder, /[/\\]/.test(value) ? 'separator' : 'name');
}
