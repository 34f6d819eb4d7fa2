/**
 * Errors of an execution for who may not see its data. What an error says in words may come from a script or a hospital, and name a person.
 * Its code stays, the status of an HTTP answer, and the names that the flow's author wrote: which table, adapter, flow or rule it is about.
 */
import type { ErrorRecord, ErrorValues } from '../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { ExecutionDetails } from '../../engine/operate/interface.ts';

/** `document`: of the version that ran; undefined: no name is told. */
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

/** The message becomes the code, as in lists. */
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

/** Values that name a thing of the platform. */
const NAMES = ['node', 'adapterId', 'table', 'flowId', 'name'];
const NAME = /^[\w.-]{2,64}$/;
const RULE = /^(\/(rules|each|item|from|args|key|value|\d{1,4}))+$/;

/** A message may bring a name of its own, as to an expression that looks up in a table: only what stands in the flow is told. */
function isWritten(name: string, value: ErrorValues[string], written: string): boolean {
  if (name === 'status') return Number.isInteger(value) && Number(value) >= 100 && Number(value) < 600;
  if (typeof value !== 'string') return false;
  if (name === 'rule') return RULE.test(value);
  return NAMES.includes(name) && NAME.test(value) && written.includes(value);
}
