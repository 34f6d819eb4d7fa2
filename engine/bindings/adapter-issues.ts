import { Default } from 'typebox/value';
import { AdapterDocument } from '../contract/node/adapter.ts';
import type { AdapterType } from '../contract/node/adapter-type.ts';
import type { Issue } from '../contract/values/errors.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { pointerStep } from '../contract/schema/schema-problem.ts';
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
  const settings = Object.entries(isRecord(environments) ? environments : {}).filter(([, set]) => isRecord(set));
  return [...issues, ...settings.flatMap(([name, set]) => settingsIssues(type, set, `/environments${pointerStep(name)}`))];
}

/** Checks the settings in the form that a node reads: with defaults filled in. */
function settingsIssues(type: AdapterType, settings: unknown, place: string): Issue[] {
  const filled = Default(type.settings, structuredClone(settings)) as Record<string, unknown>;
  const issues = schemaIssues(type.settings, filled, CODE, place);
  if (issues.length > 0) return issues;
  return (type.check?.(filled) ?? []).map(({ path, message }) => ({
    ...{ path: place + path, code: CODE, severity: 'error', message: message.en, text: message },
  }));
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
