/** The form of a rule set of object access. Pure. */
import type { Output } from '../../api/operation-types.ts';
import { ObjectRuleSet } from '../../../../gateways/documents/object-rules.ts';
import { localIssues, type FormIssue } from '../../kit/form/form-issues.ts';
import { asField } from '../../kit/form/field-schema.ts';
import { pickFields } from '../../kit/form/pick-fields.ts';
import type { Language } from '../../i18n/text-pairs.ts';
import { withDefaults } from '../../model/schema/schema-defaults.ts';
import type { Content } from '../../kit/document/content.ts';

export type RuleSet = Output<'object-rules.list'>['items'][number];

export const RULE_SET_NEW = pickFields(ObjectRuleSet, ['name', 'ruleSetId', 'domain', 'match', 'rules']);
export const RULE_SET_FIELDS = pickFields(ObjectRuleSet, ['name', 'domain', 'match', 'rules']);
const WHOLE = asField(ObjectRuleSet);

/** Returns the set that the form of a new one begins with: the patient in the query is the user. */
export function newRuleSet(domain: string): Content {
  return { domain, match: 'all', rules: [{ locator: 'query:patientId', subject: 'token.uid', op: 'eq' }] };
}

/** Returns the document to save. */
export function wholeRuleSet(content: Content, fixed: Content): ObjectRuleSet {
  return withDefaults(WHOLE, { ...content, ...fixed }) as ObjectRuleSet;
}

/** Returns the problems that prevent saving. */
export function ruleSetProblems(content: Content, fixed: Content, language: Language): readonly FormIssue[] {
  return localIssues(WHOLE, { ...content, ...fixed }, language);
}
