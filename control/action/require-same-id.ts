import { AppError } from '../../engine/contract/values/errors.ts';

/** Throws DOCUMENT_ID_DIFFERS (input) unless the id in the document equals the id in the path. */
export function requireSameId(inDocument: string, inPath: string): void {
  if (inDocument === inPath) return;
  throw new AppError('DOCUMENT_ID_DIFFERS', 'input', `The document has the id ${inDocument}, but the address has ${inPath}.`, {
    values: { inDocument, inPath },
    fix: 'Save it under its own id.',
  });
}
