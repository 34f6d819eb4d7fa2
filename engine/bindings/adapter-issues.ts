import { Default } from 'typebox/value';
import { AdapterDocument } from '../contract/node/adapter.ts';
import type { AdapterType } from '../contract/node/adapter-type.ts';
import type { Issue } from '../contract/values/errors.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { idleFields } from '../contract/schema/field-conditions.ts';
import { pointerStep } from '../contract/schema/schema-problem.ts';
import type { Text } from '../contract/values/texts.ts';
import { schemaIssues } from '../flow/schema-issues.ts';

const CODE = 'BINDING_INVALID';

/**
 * Returns all problems of an adapter: those of the document itself, and those of the settings for each environment,
 * which must fit the adapter's protocol.
 */
export function adapterIssues(document: AdapterDocument, types: readonly AdapterType[]): Issue[] {
  const issues = schemaIssues(AdapterDocument, document, CODE);
  const { protocol, environments } = document;
  const type = types.find((one) => one.protocol === protocol);
  if (type === undefined) return issues.some(({ path }) => path === '/protocol') ? issues : [...issues, unknownProtocol(types)];
  // The check against the document's schema already reports an environment that is not an object.
  const settings = Object.entries(isRecord(environments) ? environments : {});
  return [
    ...issues,
    ...settings.flatMap(([name, set]) => (isRecord(set) ? settingsIssues(type, set, `/environments${pointerStep(name)}`) : [])),
  ];
}

/**
 * Checks the settings in the form that a node reads: with defaults filled in. Settings of another product than the
 * chosen one (`fieldWhen`) are refused, also with default values, because nothing would read them.
 */
function settingsIssues(type: AdapterType, settings: Readonly<Record<string, unknown>>, place: string): Issue[] {
  const filled = Default(type.settings, structuredClone(settings)) as Record<string, unknown>;
  const issues = schemaIssues(type.settings, filled, CODE, place);
  if (issues.length > 0) return issues;
  const idle = idleFields(type.settings, settings).map(({ path, text }) => problem(place + path, text));
  return [...idle, ...(type.check?.(filled) ?? []).map(({ path, message }) => problem(place + path, message))];
}

function problem(path: string, text: Text): Issue {
  return { path, code: CODE, severity: 'error', message: text.en, text };
}

function unknownProtocol(types: readonly AdapterType[]): Issue {
  const allowed = types.map(({ protocol }) => JSON.stringify(protocol)).join(', ');
  return {
    path: '/protocol',
    code: CODE,
    severity: 'error',
    message: `"protocol" must be one of ${allowed}.`,
    values: { problem: 'enum', field: 'protocol', allowed },
    fix: 'Choose a protocol that has nodes in this installation.',
  };
}
