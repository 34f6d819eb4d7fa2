/** The form of an adapter: sections, initial values, and the problems that prevent saving. Pure. */
import { AdapterDocument, AdapterLimits } from '../../../../engine/contract/node/adapter.ts';
import type { AdapterTypeDescription } from '../../api/operations.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { withoutIdleFields } from '../../../../engine/contract/schema/field-conditions.ts';
import { pointerStep } from '../../../../engine/contract/schema/schema-problem.ts';
import { asField, type FieldSchema } from '../../kit/form/field-schema.ts';
import { localIssues, type FormIssue } from '../../kit/form/form-issues.ts';
import { pickFields } from '../../kit/form/pick-fields.ts';
import type { Language } from '../../i18n/text-pairs.ts';
import { fieldOf } from '../../model/problems/field-names.ts';
import type { Content } from '../../kit/document/content.ts';

export const ABOUT_NEW = pickFields(AdapterDocument, ['name', 'adapterId', 'owner', 'domain']);
export const ABOUT = pickFields(AdapterDocument, ['name', 'owner', 'domain']);
export const CHARSET = pickFields(AdapterDocument, ['charset']);
export const LIMITS: FieldSchema = optional(asField(AdapterLimits));
const WHOLE = asField(AdapterDocument);

/** Returns a new adapter of this protocol, with these settings for the platform's environment. */
export function newAdapter(protocol: string, environment: string, domain: string, settings: Content = {}): Content {
  return { protocol, domain, owner: '', environments: { [environment]: settings } };
}

/**
 * Returns the settings of each environment. Settings that are not objects are left out; they can only be seen in the
 * JSON editor.
 */
export function environmentsOf(content: Content): Readonly<Record<string, Content>> {
  const environments = isRecord(content['environments']) ? content['environments'] : {};
  return Object.fromEntries(Object.entries(environments).map(([name, settings]) => [name, isRecord(settings) ? settings : {}]));
}

/** Returns the adapter as it is saved: without the settings of products that are not chosen. */
export function savedAdapter(content: Content, type: AdapterTypeDescription | undefined): Content {
  if (type === undefined || !isRecord(content['environments'])) return content;
  const environments = Object.entries(content['environments']).map(([name, settings]) => [
    name,
    isRecord(settings) ? withoutIdleFields(type.settings, settings) : settings,
  ]);
  return { ...content, environments: Object.fromEntries(environments) };
}

/** Returns the problems that prevent saving, in the document and in the settings of each environment. */
export function adapterProblems(
  content: Content,
  adapterId: string | undefined,
  type: AdapterTypeDescription | undefined,
  language: Language,
): readonly FormIssue[] {
  const whole = { revision: 0, ...(adapterId === undefined ? {} : { adapterId }), ...content };
  const own = localIssues(WHOLE, whole, language);
  if (type === undefined) return own;
  const environments = isRecord(content['environments']) ? content['environments'] : {};
  // Settings that are not objects are already reported above as problems of the document.
  const settings = Object.entries(environments)
    .filter(([, set]) => isRecord(set))
    .flatMap(([name, set]) =>
      localIssues(type.settings as FieldSchema, set, language).map((issue) => ({
        ...issue,
        label: [fieldOf(WHOLE, `/environments${pointerStep(name)}`, language).label, issue.label].filter(Boolean).join(' › '),
        pointer: `/environments${pointerStep(name)}${issue.pointer}`,
      })),
    );
  return [...own, ...settings];
}

function optional({ required: _required, ...schema }: FieldSchema): FieldSchema {
  return schema;
}
