/**
 * JSON Schemas of what actions return. They are generated from the types of the actions (`npm run generate:api`) and
 * read only when the API is described, not at each start.
 */
import { readFileSync } from 'node:fs';

export type Schema = Readonly<Record<string, unknown>>;

export interface OutputSchemas {
  /** Output schemas by action name. */
  readonly outputs: Readonly<Record<string, Schema>>;
  /** Named types, to which outputs refer by `#/components/schemas/<name>`. */
  readonly components: Readonly<Record<string, Schema>>;
}

export const OUTPUT_SCHEMAS_FILE = new URL('./output-schemas.json', import.meta.url);

export function readOutputSchemas(): OutputSchemas {
  return JSON.parse(readFileSync(OUTPUT_SCHEMAS_FILE, 'utf8')) as OutputSchemas;
}
