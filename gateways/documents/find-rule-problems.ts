/** Problems of object rules that their schema cannot express. Pure. */
import type { Front } from '../../engine/contract/access/access.ts';
import { parseLocator, type ObjectLocator } from './object-locator.ts';
import type { AnyObjectRule } from './object-rules.ts';

/** Has the shape of an option problem of a policy (`gateways/contract.ts`). */
export interface RuleProblem {
  /** JSON Pointer. */
  readonly path: string;
  readonly problem: string;
  readonly value: string;
  readonly message: string;
  readonly fix: string;
}

export interface RuleSurroundings {
  /** Where the rules are in the document, as a JSON Pointer. */
  readonly at: string;
  /** The path of the interface; undefined for a named set, which several interfaces use. */
  readonly path?: string | undefined;
  /** The front of the interface; undefined for a named set. */
  readonly front?: Front | undefined;
}

const GRAMMAR =
  "Write path:id, query:name, header:name, form:name, json:$.a[*].b, json:/a/b or xml:/a/b/@c; names with special characters as json:$['name'].";
/** Headers that the gateway removes or sets itself. No flow and no upstream sees the value that the caller sent. */
const UNSEEN_HEADER =
  /^(?:authorization|cookie|host|connection|content-length|content-type|content-encoding|transfer-encoding|forwarded|x-real-ip|x-kq-.*|x-forwarded-.*)$/;

export function findRuleProblems(rules: readonly AnyObjectRule[], { at, path, front }: RuleSurroundings): readonly RuleProblem[] {
  return rules.flatMap((rule, i) => {
    const locator = parseLocator(rule.locator);
    const place = `${at}/${i}`;
    return [
      ...(locator === undefined
        ? [problem(`${place}/locator`, 'object-locator', rule.locator, `${rule.locator} is not a place of an object.`, GRAMMAR)]
        : placeProblems(rule, locator, place, path)),
      ...subjectProblems(rule, place, front),
      ...relationProblems(rule, place),
    ];
  });
}

function placeProblems(rule: AnyObjectRule, locator: ObjectLocator, place: string, path: string | undefined): readonly RuleProblem[] {
  const at = `${place}/locator`;
  if ('action' in rule) {
    if (locator.carrier !== 'json')
      return [
        problem(at, 'object-answer', rule.locator, 'A rule for responses reads JSON only.', 'Write a place such as json:$.items[*].pid.'),
      ];
    return rule.action === 'drop' && !locator.steps.includes('all')
      ? [
          problem(
            `${place}/action`,
            'object-drop',
            rule.locator,
            'Only elements of a list can be dropped.',
            'Name a list with [*], or refuse the response.',
          ),
        ]
      : [];
  }
  if (locator.carrier === 'path' && path !== undefined && !path.split('/').includes(`:${locator.name}`))
    return [problem(at, 'object-path', locator.name, `The path has no parameter :${locator.name}.`, 'Name a parameter of the path.')];
  if (locator.carrier === 'header' && UNSEEN_HEADER.test(locator.name.replaceAll('_', '-')))
    return [
      problem(at, 'object-header', locator.name, `The target never sees the header ${locator.name} of the caller.`, 'Name another header.'),
    ];
  return rule.absent === 'inject' && !canInject(rule, locator)
    ? [
        problem(
          `${place}/absent`,
          'object-inject',
          rule.locator,
          'Nothing can be filled in at this place, or with this relation.',
          'Fill in query, header, form or JSON fields, with the relation eq, in or hashEq; else refuse or let it pass.',
        ),
      ]
    : [];
}

function canInject({ op }: AnyObjectRule, locator: ObjectLocator): boolean {
  return locator.carrier !== 'path' && locator.carrier !== 'xml' && (op === 'eq' || op === 'in' || op === 'hashEq');
}

function subjectProblems({ subject }: AnyObjectRule, place: string, front: Front | undefined): readonly RuleProblem[] {
  if (front === undefined || front === 'user' || !subject.startsWith('token.')) return [];
  return [
    problem(
      `${place}/subject`,
      'object-user',
      front,
      `There are no users on the front ${front}, so this rule would refuse every object.`,
      'Use a field of the app, such as app.orgId, or publish the interface on the user front.',
    ),
  ];
}

function relationProblems(rule: AnyObjectRule, place: string): readonly RuleProblem[] {
  if (rule.op !== 'memberOf' || (rule.provider !== undefined && rule.relation !== undefined)) return [];
  const field = rule.provider === undefined ? 'provider' : 'relation';
  return [
    problem(
      `${place}/${field}`,
      'object-relation',
      field,
      'A relation needs the interface that provides it, and its name.',
      'Fill in both.',
    ),
  ];
}

function problem(path: string, kind: string, value: string, message: string, fix: string): RuleProblem {
  return { path, problem: kind, value, message, fix };
}
