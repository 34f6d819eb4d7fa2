import type { TSchema } from 'typebox';
import { Default } from 'typebox/value';
import { AdapterDocument } from '../contract/node/adapter.ts';
import type { AdapterType } from '../contract/node/adapter-type.ts';
import type { Issue } from '../contract/values/errors.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { pointerStep } from '../contract/schema/schema-problem.ts';
import { schemaIssues } from '../flow/schema-issues.ts';

const CODE = 'BINDING_INVALID';

/** All that is wrong with an adapter at once: in the document itself, and in what each environment sets for its protocol. */
export function adapterIssues(document: AdapterDocument, types: readonly AdapterType[]): Issue[] {
  const issues = schemaIssues(AdapterDocument, document, CODE);
  const { protocol, environments } = document;
  const type = types.find((one) => one.protocol === protocol);
  if (type === undefined) return issues.some(({ path }) => path === '/protocol') ? issues : [...issues, unknownProtocol(types)];
  // What is no object is told by the document's schema.
  const settings = Object.entries(isRecord(environments) ? environments : {}).filter(([, set]) => isRecord(set));
  return [...issues, ...settings.flatMap(([name, set]) => settingsIssues(type.settings, set, `/environments${pointerStep(name)}`))];
}

/** As a node will read them: with the defaults filled in. */
function settingsIssues(schema: TSchema, settings: unknown, place: string): Issue[] {
  return schemaIssues(schema, Default(schema, structuredClone(settings)), CODE, place);
}

function unknownProtocol(types: readonly AdapterType[]): Issue {
  const allowed = types.map(({ protocol }) => JSON.stringify(protocol)).join(', ');
  return {
    path: '/protocol',
    code: CODE,
    severity: 'error',
    message: `"protocol" must be one of ${allowed}.`,
    values: { problem: 'enum', field: 'protocol', allowed },
    fix: 'Name a protocol that has nodes here.',
  };
}
