import type { AppError } from '../../../engine/contract/values/errors.ts';
import { wsdlProblem } from './problems.ts';
import { type QName, undeclaredPrefix, type XmlNode } from './xml-tree.ts';

/** Returns why there is no component of this name. */
export function noSuch(kind: string, name: QName, { file, line }: XmlNode): AppError {
  const prefix = undeclaredPrefix(name);
  return prefix === undefined ? wsdlProblem('name', { kind, name, file, line }) : wsdlProblem('prefix', { name: prefix, file, line });
}
