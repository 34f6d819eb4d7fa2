import type { Issue } from '../contract/values/errors.ts';
import type { FlowDocument } from '../contract/flow/flow-document.ts';
import { parseFlow } from './parse-flow.ts';
import { isStandIn, readableFlow } from './readable-flow.ts';
import type { ValidateDeps } from './validate-deps.ts';
import { validateFlow } from './validate-flow.ts';

export interface CheckedFlow {
  /** The document as `parseFlow` returns it. Set exactly if it matches the schema, even if it breaks other rules. */
  readonly flow?: FlowDocument;
  readonly issues: readonly Issue[];
}

/**
 * Returns every problem of a JSON value as a flow document: the problems with the schema, and those with the rules as
 * far as the document can be read. Errors come first, and schema errors before all others. Pure: facts about the
 * installation are passed in.
 */
export function checkFlow(raw: unknown, deps: ValidateDeps): CheckedFlow {
  const { flow, issues, refused } = parseFlow(raw, deps.fits);
  if (flow !== undefined) return { flow, issues: validateFlow(flow, deps) };
  return { issues: refused === undefined ? issues : [...issues, ...issuesBeside(issues, refused, deps)] };
}

/**
 * Returns the rule issues of the readable part. Leaves out issues at places that break the schema, and issues caused
 * by such places.
 */
function issuesBeside(told: readonly Issue[], refused: Readonly<Record<string, unknown>>, deps: ValidateDeps): Issue[] {
  const { flow, unnamed } = readableFlow(refused);
  const broken = new Set(told.map(({ path }) => path));
  const found = validateFlow(flow, deps).filter((issue) => !placesOf(issue).some((place) => broken.has(place)));
  const missing = new Set(found.map(missingIn).filter((id) => id !== undefined));
  // A missing node that an edge names may be one of the nodes whose id cannot be read. So leave out issues about
  // missing nodes and about wiring.
  const isByMissing = (issue: Issue) =>
    missing.size > 0 && ((missing.size <= unnamed && missingIn(issue) !== undefined) || (isOfWiring(issue) && broken.has(idPlace(issue))));
  return found.filter((issue) => !isByMissing(issue)).map(withoutStandIn);
}

/** Returns the place of an issue and all its parents. */
function placesOf({ path }: Issue): string[] {
  const steps = path.split('/');
  return steps.map((_, index) => steps.slice(0, index + 1).join('/'));
}

function missingIn({ values }: Issue): unknown {
  return values?.['missing'];
}

function isOfWiring({ path, code }: Issue): boolean {
  return /^\/nodes\/\d+$/.test(path) || code === 'FLOW_ERROR_PORT_OPEN';
}

function idPlace({ path }: Issue): string {
  return `${path.split('/').slice(0, 3).join('/')}/id`;
}

function withoutStandIn(issue: Issue): Issue {
  const { node, ...rest } = issue;
  return node !== undefined && isStandIn(node) ? rest : issue;
}
