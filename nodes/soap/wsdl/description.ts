/** All files of one description, and how they refer to each other. */
import type { AppError } from '../../../engine/contract/values/errors.ts';
import type { XmlNode } from './xml-tree.ts';

export interface Description {
  /** The files that others do not import, with the WSDL first. */
  readonly main: readonly string[];
  readonly files: ReadonlyMap<string, XmlNode | AppError>;
  /** Returns the name of the file that a reference means, or why there is none. */
  resolve(from: string, location: string, line: number, namespace: string | undefined): string | AppError;
}
