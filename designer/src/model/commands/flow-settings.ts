import { Default } from 'typebox/value';
import { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { schemaIssues } from '../../../../engine/flow/schema-issues.ts';
import type { Command } from '../history/flow-history.ts';
import { plainJson } from '../flow/draft-parts.ts';
import { refuse, type Planned } from './refusal.ts';

const SETTINGS = ['name', 'description', 'domain', 'sharedWith', 'tags', 'mode', 'deadlineMs', 'ingress', 'recording'] as const;
type Setting = (typeof SETTINGS)[number];

/** New values for settings; undefined removes an optional setting. */
export type FlowSettings = { readonly [Name in Setting]?: FlowDocument[Name] | undefined };

/** Changes the given settings of the flow. Typing into one `field` merges into one undo entry. */
export function changeSettings(settings: FlowSettings, field?: string): Planned {
  const names = SETTINGS.filter((name) => Object.hasOwn(settings, name));
  const values = names.map((name) => [name, filled(name, settings[name])] as const);
  const issues = values.flatMap(([name, value]) => problems(name, value));
  if (issues.length > 0) return refuse('VALUE_WRONG', { issues });
  return {
    command: {
      name: 'flow.settings',
      ...(field === undefined ? {} : { mergeKey: `settings ${field}` }),
      change(draft) {
        for (const [name, value] of values) {
          if (value === undefined) delete (draft as Partial<FlowDocument>)[name];
          else Object.assign(draft, { [name]: structuredClone(value) });
        }
      },
    },
  };
}

/**
 * Replaces the whole document but keeps its id and revision. It is used for an old version, an import, or another
 * user's version after a conflict.
 */
export function replaceDocument(document: FlowDocument): Command {
  const plain = plainJson(document);
  return {
    name: 'flow.replace',
    change(draft) {
      const { flowId, revision } = draft;
      for (const name of Object.keys(draft)) delete (draft as Partial<Record<string, unknown>>)[name];
      Object.assign(draft, structuredClone(plain), { flowId, revision });
    },
  };
}

function filled(name: Setting, value: unknown): unknown {
  if (value === undefined) return undefined;
  return Default(FlowDocument.properties[name], plainJson(value));
}

const OPTIONAL: readonly Setting[] = ['description', 'sharedWith', 'ingress', 'recording'];

function problems(name: Setting, value: unknown) {
  if (value === undefined && OPTIONAL.includes(name)) return [];
  return schemaIssues(FlowDocument.properties[name], value, 'FLOW_SCHEMA', `/${name}`);
}
