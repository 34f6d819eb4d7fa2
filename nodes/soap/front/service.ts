/** What a flow offers as a SOAP service. */
import type { JsonSchema } from '../../../engine/schema/compile-schema.ts';

export interface ServiceOperation {
  /** Name of the operation and of the element of its request; that of its response ends in `Response`. */
  readonly name: string;
  readonly about?: string;
  readonly request: JsonSchema;
  readonly response: JsonSchema;
  /** True if there is no response. */
  readonly oneWay: boolean;
}

export interface Service {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  readonly operations: readonly ServiceOperation[];
  /** Local names of header blocks that the flow understands. */
  readonly understood: readonly string[];
}

/** Names of XML elements without a prefix (Namespaces in XML 1.0, NCName), without the characters beyond the basic plane. */
export const ELEMENT_NAME =
  '^[A-Za-z_\\u00c0-\\u02ff\\u0370-\\u1fff\\u2c00-\\ud7ff\\uf900-\\ufffd][-.\\w\\u00b7\\u00c0-\\u203f\\u2c00-\\ud7ff\\uf900-\\ufffd]*$';
const IS_ELEMENT = new RegExp(ELEMENT_NAME);

/** Returns the first field of a schema that has no name that XML allows; undefined if all have one. */
export function nameProblem(schema: unknown, path = ''): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const { properties, items } = schema as JsonSchema;
  for (const [name, field] of Object.entries((properties ?? {}) as Readonly<Record<string, unknown>>)) {
    const here = path === '' ? name : `${path}.${name}`;
    if (name !== '#text' && !IS_ELEMENT.test(name.startsWith('@') ? name.slice(1) : name)) return here;
    const inner = nameProblem(field, here);
    if (inner !== undefined) return inner;
  }
  return nameProblem(items, path);
}
