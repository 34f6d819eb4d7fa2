/** The form of an adapter: its sections, what a new one begins with, and what keeps it from being saved. Pure. */
import { AdapterDocument, AdapterLimits } from '../../../../engine/contract/adapter.ts';
import type { AdapterTypeDescription } from '../../../../control/actions/adapters.ts';
import { isRecord } from '../../../../engine/contract/is-record.ts';
import { asField } from '../../forms/handling-schema.ts';
import type { FieldSchema } from '../../forms/field-schema.ts';
import { localIssues } from '../../forms/form-issues.ts';
import { pickFields } from '../../forms/pick-fields.ts';
import type { Content } from '../../parts/content.ts';

export const ABOUT_NEW = pickFields(AdapterDocument, ['name', 'adapterId', 'owner', 'domain']);
export const ABOUT = pickFields(AdapterDocument, ['name', 'owner', 'domain']);
export const CHARSET = pickFields(AdapterDocument, ['charset']);
export const LIMITS: FieldSchema = optional(asField(AdapterLimits));
const WHOLE = asField(AdapterDocument);

/** A new adapter of this protocol, with nothing set in the environment that the platform runs in. */
export function newAdapter(protocol: string, environment: string): Content {
  return { protocol, owner: '', environments: { [environment]: {} } };
}

/** Settings of each environment; what is no record is left to the JSON. */
export function environmentsOf(content: Content): Readonly<Record<string, Content>> {
  const environments = isRecord(content['environments']) ? content['environments'] : {};
  return Object.fromEntries(Object.entries(environments).map(([name, settings]) => [name, isRecord(settings) ? settings : {}]));
}

/** It cannot be saved: a field is wrong, here or in the settings of an environment. */
export function isAdapterWrong(content: Content, adapterId: string | undefined, type: AdapterTypeDescription | undefined): boolean {
  const whole = { revision: 0, ...(adapterId === undefined ? {} : { adapterId }), ...content };
  if (localIssues(WHOLE, whole, 'en').length > 0) return true;
  if (type === undefined) return false;
  const settings = Object.values(environmentsOf(content));
  return settings.some((environment) => localIssues(type.settings as FieldSchema, environment, 'en').length > 0);
}

function optional({ required: _required, ...schema }: FieldSchema): FieldSchema {
  return schema;
}
