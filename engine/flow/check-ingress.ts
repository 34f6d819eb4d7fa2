import { Check } from 'typebox/value';
import type { Issue } from '../contract/values/errors.ts';
import { NAME_RULES, shownName } from '../contract/values/named-values.ts';
import { pointerStep } from '../contract/schema/schema-problem.ts';
import { checkIngressExpression } from './check-expressions.ts';
import { nearestName } from './nearest-name.ts';
import type { GraphView } from './graph-view.ts';
import type { ValidateDeps } from './validate-deps.ts';

const DAY_SEC = 86_400;
const DEFAULT_RETAIN_DAYS = 30;

/** Checks the expressions evaluated for each arriving message: dedupe key, lane and business keys. */
export function checkIngress(view: GraphView, deps: ValidateDeps): Issue[] {
  const { ingress, recording } = view.document;
  const texts: [path: string, text: string][] = Object.entries(ingress?.keys ?? {}).map(([name, text]) => [
    `/ingress/keys${pointerStep(name)}`,
    text,
  ]);
  if (ingress?.dedupe !== undefined) texts.push(['/ingress/dedupe/key', ingress.dedupe.key]);
  if (ingress?.lane !== undefined) texts.push(['/ingress/lane/key', ingress.lane.key]);
  const issues: Issue[] = texts.flatMap(([path, text]) =>
    checkIngressExpression(view, text, deps).map((problem) => ({ path, severity: 'error' as const, ...problem })),
  );
  issues.push(...checkKeyNames(Object.keys(ingress?.keys ?? {})), ...checkReadKeys(view, texts), ...checkLane(view));
  const retainSec = (recording?.retainDays ?? DEFAULT_RETAIN_DAYS) * DAY_SEC;
  if (ingress?.dedupe !== undefined && ingress.dedupe.windowSec > retainSec) {
    issues.push({
      path: '/recording/retainDays',
      code: 'FLOW_RETENTION_TOO_SHORT',
      severity: 'error',
      message: `Executions are kept for ${retainSec / DAY_SEC} days, which is shorter than the dedupe window of ${ingress.dedupe.windowSec} s: a repeated message would run again.`,
      values: {
        retainDays: retainSec / DAY_SEC,
        windowSec: ingress.dedupe.windowSec,
        needDays: Math.ceil(ingress.dedupe.windowSec / DAY_SEC),
      },
      fix: `Keep them for at least ${Math.ceil(ingress.dedupe.windowSec / DAY_SEC)} days, or shorten the window.`,
    });
  }
  return issues;
}

const KEY_NAME = new RegExp(NAME_RULES.key.pattern, 'u');

/**
 * Checks the names of business keys. This is not part of the schema, so that a draft from version 0.1.0 with such a
 * name can still be saved, and then corrected.
 */
function checkKeyNames(names: readonly string[]): Issue[] {
  return names
    .filter((name) => !KEY_NAME.test(name))
    .map((name) => ({
      path: `/ingress/keys${pointerStep(name)}`,
      code: 'FLOW_KEY_NAME',
      severity: 'error',
      message: `"${shownName(name)}" is not allowed as the name of a business key.`,
      values: name === '' ? {} : { name: shownName(name) },
      fix: `Choose another name: ${NAME_RULES.key.text.en}.`,
    }));
}

/**
 * Refuses a lane in a sync flow. Sync flows have no lanes, and the author would rely on an order that is not
 * guaranteed.
 */
function checkLane({ document }: GraphView): Issue[] {
  if (document.mode !== 'sync' || document.ingress?.lane === undefined) return [];
  return [
    {
      path: '/ingress/lane',
      code: 'FLOW_LANE_SYNC',
      severity: 'error',
      message: 'A sync flow runs its calls immediately, so a lane has no effect on their order.',
      values: {},
      fix: 'Remove the lane, or set the mode to "durable".',
    },
  ];
}

/**
 * Finds expressions that read keys which no message of this trigger has. With such an expression, the whole trigger
 * would be one lane, or no duplicate would be recognised. The flow's own keys are evaluated together with the lane, so
 * the lane cannot read them.
 */
function checkReadKeys(view: GraphView, texts: readonly (readonly [path: string, text: string])[]): Issue[] {
  const known = keysOfTrigger(view);
  if (known === undefined) return [];
  return texts.flatMap(([path, text]) =>
    readKeys(text)
      .filter((name) => !known.includes(name))
      .map((name): Issue => {
        const nearest = nearestName(name, known);
        return {
          path,
          code: 'FLOW_KEY_UNKNOWN',
          severity: 'error',
          message: `The trigger of this flow reads no key "${name}", so keys.${name} is always empty.`,
          values: { name, ...(known.length === 0 ? {} : { known: known.join('、') }) },
          fix: nearest === undefined ? 'Read the value from data, or add the key to the trigger.' : `Did you mean keys.${nearest}?`,
        };
      }),
  );
}

function keysOfTrigger(view: GraphView): readonly string[] | undefined {
  const [trigger, ...more] = [...view.nodes.values()].filter(({ role }) => role === 'trigger');
  if (trigger?.definition?.kind !== 'trigger' || more.length > 0 || !Check(trigger.definition.config, trigger.config)) return undefined;
  return trigger.definition.keyNames?.(trigger.config as never);
}

/** Matches one token: a string or comment, a name in backticks, a plain name, or any other character. */
const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/\*[^]*?\*\/|`([^`]*)`|([^\s"'`.,:;?*/%+\-=<>!&|~^@#(){}[\]]+)|\S/g;

/**
 * Returns the names that the text reads as `keys.<name>`. Returns none for a text with brackets: inside brackets,
 * `keys` may be a field of the value before them.
 */
function readKeys(text: string): readonly string[] {
  const tokens = Array.from(text.matchAll(TOKEN), ([whole, quoted, plain]) => ({ whole, name: quoted ?? plain })).filter(
    ({ whole }) => !whole.startsWith('/*'),
  );
  if (tokens.some(({ whole }) => '([{'.includes(whole))) return [];
  const isDot = (at: number) => tokens[at]?.whole === '.';
  const names = tokens.flatMap(({ name }, at) => {
    const read = tokens[at + 2]?.name;
    return name === 'keys' && !isDot(at - 1) && isDot(at + 1) && read !== undefined ? [read] : [];
  });
  return [...new Set(names)];
}
