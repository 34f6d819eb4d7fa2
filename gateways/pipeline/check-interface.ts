import { isDeepStrictEqual } from 'node:util';
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { ErrorValues, Issue } from '../../engine/contract/values/errors.ts';
import { fieldOf, isShown, schemaValues } from '../../engine/contract/schema/schema-problem.ts';
import type { Policy } from '../contract.ts';
import { StoredInterface, type InterfaceDocument } from '../documents/interface-document.ts';
import { findReserved } from '../routes/reserved-routes.ts';
import type { SchemaTrial } from '../shared/create-schema-trial.ts';

/** Returns every problem of an interface document at once, with its path; warnings do not prevent publishing. */
export type InterfaceCheck = (document: unknown) => readonly Issue[];

/** Checks a document that the account `by` saves in place of `before`, and returns every problem. */
export type SavingCheck = (document: unknown, by: string, before?: InterfaceDocument) => Promise<readonly Issue[]>;

/**
 * Creates the check once from the loaded policies. Control runs it for each plan, and a gateway before it compiles an
 * interface. A plan may have thousands of documents, so the check takes only microseconds per document. It compiles
 * each option schema at its first use. It does not compile the interface's JSON Schemas (see `createSavingCheck`). If
 * such a schema does not compile, the interface refuses the calls that the schema applies to.
 */
export function createInterfaceCheck(policies: readonly Policy[]): InterfaceCheck {
  const compiled = new Map<TSchema, Validator>();
  const validatorOf = (schema: TSchema) => {
    const validator = compiled.get(schema) ?? Compile(schema);
    compiled.set(schema, validator);
    return validator;
  };
  const known: Known = { policies: new Map(policies.map((policy) => [policy.name, policy])), validatorOf };
  return (document) => {
    const issues = schemaIssues(validatorOf(StoredInterface), document, '', 'INTERFACE_INVALID');
    if (issues.length > 0) return issues;
    const checked = document as InterfaceDocument;
    return [
      ...checkPolicies(checked, known),
      ...checkTarget(checked),
      ...checkPath(checked),
      ...checkReserved(checked),
      ...checkTimes(checked),
    ];
  };
}

/**
 * Creates a check that also runs the policies' own option checks and checks the JSON Schemas, which cost milliseconds
 * each. Control runs it once, when a document is saved. Documents that were saved before this check existed stay in
 * use.
 */
export function createSavingCheck(
  check: InterfaceCheck,
  policies: readonly Policy[],
  trySchemas: SchemaTrial,
  clock: Pick<Clock, 'now'>,
): SavingCheck {
  return async (document, by, before) => {
    const issues = check(document);
    if (issues.some(({ code }) => code === 'INTERFACE_INVALID')) return issues;
    const readable = document as InterfaceDocument;
    return [
      ...issues,
      ...checkBody(readable),
      ...checkWeights(readable),
      ...checkOptions(readable, policies, issues, { before, now: clock.now() }),
      ...(await checkSchemas(readable, trySchemas, by)),
    ];
  };
}

interface Saving {
  readonly before: InterfaceDocument | undefined;
  readonly now: number;
}

function checkOptions(document: InterfaceDocument, policies: readonly Policy[], found: readonly Issue[], { before, now }: Saving): Issue[] {
  const { policies: chosen = {} } = document;
  return policies.flatMap(({ name, findProblems, findChangeProblems }) => {
    const options = chosen[name];
    const place = `/policies/${name}`;
    if (!options || found.some(({ path }) => path === place || path.startsWith(`${place}/`))) return [];
    // What was saved in time may be over by now. It must not hold up other changes.
    const isNew = !isDeepStrictEqual(options, before?.policies?.[name]);
    const problems = [...(findProblems?.(options, document) ?? []), ...(isNew ? (findChangeProblems?.(options, now) ?? []) : [])];
    return problems.map(({ path, message, fix, ...values }) => problem(place + path, 'POLICY_OPTIONS', message, fix, values));
  });
}

/** A schema of the body refuses every request of a method that has no body. */
function checkBody({ method, requestSchema }: InterfaceDocument): Issue[] {
  if (requestSchema === undefined || (method !== 'GET' && method !== 'DELETE')) return [];
  return [
    problem(
      '/requestSchema',
      'SCHEMA_WITHOUT_BODY',
      `Requests with ${method} have no body, so the request schema would refuse all of them.`,
      'Remove the request schema, or choose another method. Query parameters have a schema of their own.',
      { method },
    ),
  ];
}

function checkWeights({ target }: InterfaceDocument): Issue[] {
  if (target.kind === 'flow') return [];
  return (target.groups ?? []).flatMap(({ name, instances }, at) =>
    instances === undefined || instances.some(({ weight }) => weight !== 0)
      ? []
      : [
          problem(
            `/target/groups/${at}/instances`,
            'UPSTREAM_GROUP_WITHOUT_WEIGHT',
            `All instances of the group ${name} have the weight 0, so none gets requests.`,
            'Give at least one of them a weight of 1 or more.',
            { name },
          ),
        ],
  );
}

interface Known {
  readonly policies: ReadonlyMap<string, Policy>;
  readonly validatorOf: (schema: TSchema) => Validator;
}

function checkPolicies({ policies = {}, front }: InterfaceDocument, known: Known): Issue[] {
  return Object.entries(policies).flatMap(([name, options]) => {
    const path = `/policies/${name}`;
    const found = known.policies.get(name);
    if (found === undefined) {
      return [
        problem(path, 'POLICY_UNKNOWN', `There is no policy named ${name}.`, `Known policies: ${[...known.policies.keys()].join(', ')}.`, {
          policy: name,
          known: [...known.policies.keys()].join('、'),
        }),
      ];
    }
    if (!found.fronts.includes(front)) {
      return [
        problem(
          path,
          'POLICY_WRONG_FRONT',
          `The policy ${name} cannot be used on the front ${front}.`,
          `Remove it, or use it on ${found.fronts.join(', ')}.`,
          { policy: name, front, fronts: found.fronts.join('、') },
        ),
      ];
    }
    if (options !== false) return schemaIssues(known.validatorOf(found.options), options, path, 'POLICY_OPTIONS');
    if (!found.isDefault(front) || found.isOptional(front)) return [];
    return [
      problem(path, 'POLICY_REQUIRED', `The policy ${name} cannot be switched off on the front ${front}.`, 'Remove this line.', {
        policy: name,
        front,
      }),
    ];
  });
}

async function checkSchemas(document: InterfaceDocument, trySchemas: SchemaTrial, by: string): Promise<Issue[]> {
  const fields = (['requestSchema', 'querySchema', 'responseSchema'] as const).filter((field) => document[field] !== undefined);
  if (fields.length === 0) return [];
  const problems = await trySchemas(
    fields.map((field) => document[field]!),
    by,
  );
  return fields.flatMap((field, index) => {
    const found = problems[index];
    if (found === undefined) return [];
    if ('costly' in found) {
      const { costly } = found;
      return [
        { path: `/${field}`, code: 'SCHEMA_TOO_COSTLY', severity: 'error' as const, message: costly.en, text: costly, values: { field } },
      ];
    }
    const message = `This JSON Schema cannot be used: ${found.invalid}`;
    return [problem(`/${field}`, 'SCHEMA_INVALID', message, 'Correct the schema (2020-12).', { field })];
  });
}

function checkTarget({ target }: InterfaceDocument): Issue[] {
  if (target.kind === 'flow') return [];
  const { instances, groups } = target;
  if ((instances === undefined) === (groups === undefined))
    return [
      problem(
        instances === undefined ? '/target/instances' : '/target/groups',
        'UPSTREAM_INSTANCES',
        'The target needs either instances or groups of instances, not both.',
        'Fill in one of the two fields.',
        {},
      ),
    ];
  const names = (groups ?? []).map(({ name }) => name);
  return [
    ...(instances ?? []).flatMap((address, i) => checkAddress(address, `/target/instances/${i}`, i)),
    ...(groups ?? []).flatMap((group, at) =>
      (group.instances ?? []).flatMap(({ address }, i) => checkAddress(address, `/target/groups/${at}/instances/${i}/address`, i)),
    ),
    ...(groups ?? []).flatMap(({ name, instances: own, source }, at) =>
      (own === undefined) !== (source === undefined)
        ? []
        : [
            problem(
              `/target/groups/${at}/instances`,
              'UPSTREAM_GROUP_SOURCE',
              `The group ${name} needs either instances or a registry centre, not both.`,
              'Fill in one of the two fields.',
              { name },
            ),
          ],
    ),
    ...names.flatMap((name, at) =>
      names.indexOf(name) === at
        ? []
        : [
            problem(`/target/groups/${at}/name`, 'UPSTREAM_GROUP_TWICE', `Two groups are named ${name}.`, 'Rename one of them.', {
              name,
            }),
          ],
    ),
  ];
}

function checkAddress(address: string, path: string, i: number): Issue[] {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isUsable =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  if (isUsable) return [];
  const message = 'An instance must be http(s)://host:port with an optional path, and nothing else.';
  // Never show the address itself: it may contain a password.
  return [problem(path, 'UPSTREAM_INVALID', message, 'Correct the address.', { number: i + 1 })];
}

function checkPath({ path }: InterfaceDocument): Issue[] {
  const segments = path.slice(1).split('/');
  const names = segments.filter((segment) => segment.startsWith(':'));
  const isCanonical = !segments.some(
    (segment) => segment === '.' || segment === '..' || (segment === '' && path !== '/') || segment.indexOf(':', 1) > 0 || segment === ':',
  );
  return [
    ...(isCanonical
      ? []
      : [
          problem(
            '/path',
            'PATH_INVALID',
            'A path must not have empty or dot segments, and a parameter must be a whole segment.',
            'Correct the path.',
            {
              problem: 'interface',
              path,
            },
          ),
        ]),
    ...(new Set(names).size === names.length
      ? []
      : [problem('/path', 'PATH_PARAMETER_TWICE', 'A parameter name is used twice in the path.', 'Rename one.', { path })]),
  ];
}

function checkReserved(document: InterfaceDocument): Issue[] {
  const field = findReserved(document);
  if (field === undefined) return [];
  const value = document[field];
  return [
    problem(`/${field}`, 'INTERFACE_RESERVED', `${value} belongs to a built-in interface of the platform.`, 'Choose another one.', {
      problem: field,
      value,
    }),
  ];
}

/** Retries that do not fit into the deadline never happen. Report them at publish, before a call fails. */
function checkTimes({ timeoutMs, timeoutRetries, deadlineMs }: InterfaceDocument): Issue[] {
  const worstMs = timeoutMs * (1 + timeoutRetries);
  if (deadlineMs === undefined || deadlineMs >= worstMs) return [];
  return [
    {
      ...problem(
        '/deadlineMs',
        'RETRIES_DO_NOT_FIT',
        `All attempts together may take ${worstMs} ms, but the deadline is ${deadlineMs} ms.`,
        'Raise deadlineMs or lower timeoutMs.',
        { worstMs, deadlineMs },
      ),
      severity: 'warning',
    },
  ];
}

function schemaIssues(validator: Validator, value: unknown, prefix: string, code: string): Issue[] {
  if (validator.Check(value)) return [];
  return validator.Errors(value).flatMap((error) => {
    const place = prefix + error.instancePath;
    if (error.keyword !== 'required')
      return [problem(place, code, messageOf(error), 'Correct this value.', schemaValues(error, fieldOf(place)))];
    return error.params.requiredProperties.map((name) =>
      problem(`${place}/${name}`, code, `${name} is missing`, 'Add it.', schemaValues(error, name)),
    );
  });
}

function messageOf(error: ReturnType<Validator['Errors']>[number]): string {
  return error.keyword === 'pattern' && !isShown(error.params.pattern) ? 'it has the wrong format' : error.message;
}

function problem(path: string, code: string, message: string, fix: string, values: ErrorValues): Issue {
  return { path, code, message, fix, severity: 'error', values };
}
