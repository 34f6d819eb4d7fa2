/** What an import would change of the adapters, code tables and interfaces that are in use here. */
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import { AppError, type Issue } from '../../engine/contract/values/errors.ts';

/** One document of a bundle that differs from the one of its id that is stored here. */
export interface Replacement {
  /** Where it stands in the bundle: `/adapters/0`. */
  readonly path: string;
  readonly id: string;
  /** JSON Pointers. */
  readonly changed: readonly string[];
}

const MOST_SHOWN = 20;

/** The bundle comes from another environment: what the stored adapter has for environments that the bundle does not name stays. */
export function keepingEnvironments(stored: AdapterDocument | undefined, incoming: AdapterDocument): AdapterDocument {
  if (stored === undefined) return incoming;
  return { ...incoming, environments: { ...stored.environments, ...incoming.environments } };
}

/** BUNDLE_WOULD_REPLACE (input) with an issue for each; unlike the draft of a flow, they serve from the moment they are saved. */
export function refuseReplacing(replacements: readonly Replacement[]): void {
  if (replacements.length === 0) return;
  const count = replacements.length;
  throw new AppError('BUNDLE_WOULD_REPLACE', 'input', `The bundle would change ${count} thing(s) in use here; nothing was imported.`, {
    values: { count },
    issues: replacements.map(issueOf),
    fix: 'Check each of them. To take them over as well, import again with `replace` (`--replace`), or leave them out of the bundle.',
  });
}

function issueOf({ path, id, changed }: Replacement): Issue {
  const shown = changed.slice(0, MOST_SHOWN).join(', ') + (changed.length > MOST_SHOWN ? ', …' : '');
  const message = `${id} is here already and differs at ${shown}.`;
  const values = { id, changed: shown };
  const fix = 'Check whether this is to be as the bundle says.';
  return { path, code: 'BUNDLE_REPLACES', severity: 'error', message, values, fix };
}
