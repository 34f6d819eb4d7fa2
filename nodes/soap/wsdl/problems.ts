/** What is wrong with a description, and where. Each kind has its texts in `engine/contract/error-texts/wsdl.ts`. */
import { AppError, fromErrorRecord, type ErrorRecord, type ErrorValues, toErrorRecord } from '../../../engine/contract/values/errors.ts';

const MESSAGES = {
  xml: '{file}, line {line}, column {column}: this is not well-formed XML.',
  prefix: '{file}, line {line}: the prefix "{name}" is not declared.',
  doctype: '{file}, line {line}: a document type (<!DOCTYPE>) is not allowed.',
  charset: '{file}: the bytes do not fit the charset {charset} that it declares.',
  root: '{file}: the root element is {name}, not a description of a service (WSDL 1.1).',
  wsdl2: '{file}: this is WSDL 2.0; only WSDL 1.1 is read.',
  import: '{file}, line {line}: {target} is imported, but cannot be read ({reason}).',
  absent: '{file}, line {line}: {target} is imported, but was not uploaded.',
  limit: '{file}, line {line}: {target} is not read, because a description may have at most {limit}.',
  name: '{file}, line {line}: there is no {kind} {name}.',
  operation: '{file}, line {line}: the binding has an operation {name}, but its port type has not.',
  fields: 'The operation has more than {limit} fields; only the first ones are shown.',
  'fields-total': 'All operations together have more than {limit} fields; those of this one are not shown.',
  namespaces: 'The operation has more than {limit} changes of namespace; only the first ones are filled in.',
  nillable: 'The operation has more than {limit} elements that may be nil; only the first ones are filled in.',
  none: '{file}: there is no binding with a SOAP operation.',
  archive: '{file}: the ZIP archive cannot be read.',
  size: 'The files are larger than {limit} bytes in all.',
  empty: 'There is no WSDL among the files.',
} as const;
export type WsdlProblemKind = keyof typeof MESSAGES;

/** WSDL_INVALID (input). `values` has the values that its message names. */
export function wsdlProblem(problem: WsdlProblemKind, values: ErrorValues): AppError {
  const message = MESSAGES[problem].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  return new AppError('WSDL_INVALID', 'input', message, {
    values: { problem, ...values },
    fix: 'Ask the other side for a corrected or complete description, upload its files at the adapter, or fill in the fields by hand.',
  });
}

/** Collects what is wrong with one operation; each problem once, and only the first ones. */
export class ProblemList {
  readonly #byMessage = new Map<string, ErrorRecord>();
  readonly #most = 20;

  add(error: AppError): void {
    if (this.#byMessage.size < this.#most && !this.#byMessage.has(error.message)) this.#byMessage.set(error.message, toErrorRecord(error));
  }

  first(): AppError | undefined {
    const [record] = this.#byMessage.values();
    return record === undefined ? undefined : fromErrorRecord(record);
  }

  list(): readonly ErrorRecord[] {
    return [...this.#byMessage.values()];
  }
}
