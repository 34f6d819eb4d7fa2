/** Elements that are nil (XML Schema part 1, section 2.6.2). */
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** A nil element in the form of `parse-xml.ts`; its prefix must be declared. */
export const NIL = { '@xsi:nil': 'true' } as const;

/** Returns whether an element in the form of `parse-xml.ts`, without namespaces, is nil. */
export function isNil(value: Readonly<Record<string, unknown>>): boolean {
  return value['@nil'] === 'true' || value['@nil'] === '1';
}
