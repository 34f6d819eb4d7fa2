/** Finds what an import would change of what is in use here. */
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import { AppError, type Issue } from '../../engine/contract/values/errors.ts';

/** A document of a bundle that differs from the stored document with the same id. */
export interface Replacement {
  /** Position of the document in the bundle, such as `/adapters/0`. */
  readonly path: string;
  readonly id: string;
  /** JSON Pointers to the places that differ. */
  readonly changed: readonly string[];
}

const MOST_SHOWN = 20;

/**
 * Returns the incoming adapter with the stored settings of environments that are not in the bundle: a bundle usually
 * comes from an installation with another environment.
 */
export function keepingEnvironments(stored: AdapterDocument | undefined, incoming: AdapterDocument): AdapterDocument {
  if (stored === undefined) return incoming;
  return { ...incoming, environments: { ...stored.environments, ...incoming.environments } };
}

/**
 * Throws BUNDLE_WOULD_REPLACE (input), with an issue for each replacement, if there are any. Unlike the draft of a
 * flow, these documents are in use as soon as they are saved.
 */
export function refuseReplacing(replacements: readonly Replacement[]): void {
  if (replacements.length === 0) return;
  const count = replacements.length;
  throw new AppError(
    'BUNDLE_WOULD_REPLACE',
    'input',
    `The bundle would change ${count} object(s) that are in use here; nothing was imported.`,
    {
      values: { count },
      issues: replacements.map(issueOf),
      fix: 'Check each of them. To replace them too, import again with `replace` (`--replace`); otherwise leave them out of the bundle.',
    },
  );
}

function issueOf({ path, id, changed }: Replacement): Issue {
  const shown = changed.slice(0, MOST_SHOWN).join(', ') + (changed.length > MOST_SHOWN ? ', …' : '');
  const message = `${id} already exists here and differs at ${shown}.`;
  const values = { id, changed: shown };
  const fix = 'Check whether it should be replaced by the one in the bundle.';
  return { path, code: 'BUNDLE_REPLACES', severity: 'error', message, values, fix };
}
