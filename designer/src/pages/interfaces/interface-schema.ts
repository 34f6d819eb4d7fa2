/** The form of an interface: sections, initial values, and the problems that prevent saving. Pure. */
import { InterfaceDocument, Target } from '../../../../gateways/documents/interface-document.ts';
import type { Front } from '../../../../engine/contract/access/access.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { asField, type FieldSchema } from '../../kit/form/field-schema.ts';
import { localIssues, type FormIssue } from '../../kit/form/form-issues.ts';
import { pickFields } from '../../kit/form/pick-fields.ts';
import type { Language } from '../../i18n/text-pairs.ts';
import { withDefaults } from '../../model/schema/schema-defaults.ts';
import type { Content } from '../../kit/document/content.ts';

const pick = (...names: string[]) => pickFields(InterfaceDocument, names);

export const SECTIONS = {
  aboutNew: pick('name', 'interfaceId', 'description', 'domain', 'serviceId', 'dataClass'),
  about: pick('name', 'description', 'domain', 'serviceId', 'dataClass'),
  address: pick('front', 'method', 'path'),
  times: pick('timeoutMs', 'timeoutRetries', 'exceptionRetries', 'deadlineMs', 'idempotent'),
  limits: pick('requireIdempotencyKey', 'bodyLimitBytes'),
  log: pick('log'),
  formats: asJson(pick('requestSchema', 'querySchema', 'responseSchema')),
} as const;

/** Fields that are not part of the main form, because other sections edit them. */
export const OTHER_FIELDS = ['target', 'policies', 'state', 'revision'];

const [FLOW = {}, UPSTREAM = {}] = asField(Target).anyOf ?? [];
export const TARGETS: Readonly<Record<'flow' | 'upstream', FieldSchema>> = { flow: withoutKind(FLOW), upstream: withoutKind(UPSTREAM) };

const WHOLE = asField(InterfaceDocument);

export function newInterface(domain: string): Content {
  return {
    domain,
    front: 'open',
    method: 'POST',
    path: startPath('open'),
    target: { kind: 'flow' },
    timeoutMs: 5000,
    timeoutRetries: 0,
    exceptionRetries: 0,
    log: 'in',
    state: 'offline',
  };
}

/**
 * Returns the content after the user has chosen another gateway. The start of the path depends on the gateway, so an
 * unedited path is replaced.
 */
export function withFrontPath(before: Content, after: Content): Content {
  const isUntouched = before['path'] === startPath(before['front']) && after['path'] === before['path'];
  return isUntouched && after['front'] !== before['front'] ? { ...after, path: startPath(after['front']) } : after;
}

/** Returns the document to save, with defaults filled in, as the server requires. */
export function wholeInterface(content: Content, fixed: Content): InterfaceDocument {
  return withDefaults(WHOLE, { ...content, ...fixed }) as InterfaceDocument;
}

/** Returns the violations of the schema, which prevent saving. */
export function interfaceProblems(content: Content, fixed: Content, language: Language): readonly FormIssue[] {
  return localIssues(WHOLE, { ...content, ...fixed }, language);
}

/** Returns the settings of the policies; `false` for a policy that is switched off. */
export function policiesOf(content: Content): Readonly<Record<string, false | Content>> {
  return isRecord(content['policies']) ? (content['policies'] as Record<string, false | Content>) : {};
}

function startPath(front: unknown): string {
  return `/${front as Front}/v1/`;
}

/**
 * Returns a schema whose fields are all edited as JSON. The usual editor of a schema needs a sample, which exists only
 * in a flow.
 */
function asJson({ properties = {}, ...schema }: FieldSchema): FieldSchema {
  return {
    ...schema,
    properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, { ...field, editor: 'json' }])),
  };
}

function withoutKind({ properties: { kind: _kind, ...properties } = {}, required = [], ...schema }: FieldSchema): FieldSchema {
  return { ...schema, properties, required: required.filter((name) => name !== 'kind') };
}
