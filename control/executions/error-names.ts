/**
 * Errors of an execution for people who may not see its data. The text of an error may come from a script or a hospital
 * system and name a person. People see the code, the status of an HTTP response, and names that the author of the flow
 * wrote: the table, adapter, flow or rule concerned.
 */
import type { ErrorRecord, ErrorValues } from '../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { ExecutionDetails } from '../../engine/operate/interface.ts';

/**
 * Returns the details without error texts. `document` is the flow of the version that ran; if it is undefined, no names
 * are shown.
 */
export function withoutErrorTexts(details: ExecutionDetails, document: FlowDocument | undefined): ExecutionDetails {
  const { error, steps, standstills } = details;
  const without = withoutText(document);
  const cleared = <T extends { readonly error?: ErrorRecord }>(told: T): T =>
    told.error === undefined ? told : { ...told, error: without(told.error) };
  return {
    ...details,
    error: error && without(error),
    steps: steps.map(cleared),
    standstills: standstills.map(cleared),
  };
}

/** Returns a function that replaces the message of an error by its code. Lists do the same. */
function withoutText(document: FlowDocument | undefined): (error: ErrorRecord) => ErrorRecord {
  const written = document === undefined ? '' : JSON.stringify(document);
  return ({ code, kind, fix, values = {} }) => {
    const names = Object.fromEntries(Object.entries(values).filter(([name, value]) => isWritten(name, value, written)));
    return {
      ...{ code, kind, message: code },
      ...(fix === undefined ? {} : { fix }),
      ...(Object.keys(names).length === 0 ? {} : { values: names }),
    };
  };
}

/** Names of the error values that name an object of the platform. */
const NAMES = ['node', 'adapterId', 'table', 'flowId', 'name'];
const NAME = /^[\w.-]{2,64}$/;
const RULE = /^(\/(rules|each|item|from|args|key|value|\d{1,4}))+$/;

/**
 * Returns true if the value may be shown. A message may supply a name at run time, for example to an expression that
 * reads a table, so only names that are written in the flow are shown.
 */
function isWritten(name: string, value: ErrorValues[string], written: string): boolean {
  if (name === 'status') return Number.isInteger(value) && Number(value) >= 100 && Number(value) < 600;
  if (typeof value !== 'string') return false;
  if (name === 'rule') return RULE.test(value);
  return NAMES.includes(name) && NAME.test(value) && written.includes(value);
}
