/** The errors of packages, of their installation and of their processes. */
import { AppError, type ErrorKind, type Issue } from '../../contract/values/errors.ts';
import type { ErrorValues } from '../../contract/values/errors.ts';

/** A package that is refused: `problem` says which rule it breaks. */
export function packageInvalid(problem: PackageProblem, values: ErrorValues = {}, issues: readonly Issue[] = []): AppError {
  return new AppError('EXTENSION_PACKAGE', 'input', `The package is refused: ${PROBLEMS[problem]}.`, {
    values: { problem, ...values },
    issues,
    fix: 'Get the package again from its publisher, or make it with `kangqiao extension pack` and `kangqiao extension sign`.',
  });
}

const PROBLEMS = {
  zip: 'it is not a ZIP file, or it is damaged',
  large: 'it is larger than allowed',
  files: 'it has files other than manifest.json, extension.mjs and signature.json, or one of them is missing',
  manifest: 'its manifest is not valid',
  config: 'the configuration schema of a node is not valid',
  unsigned: 'it is not signed',
  publisher: 'its publisher has no registered key with this fingerprint',
  signature: 'its signature does not match its content',
} as const;
export type PackageProblem = keyof typeof PROBLEMS;

/** Why a process of an extension was ended. */
export const FAULTS = ['load', 'loop', 'memory', 'ended', 'protocol'] as const;
export type Fault = (typeof FAULTS)[number];

const FAULT_SENTENCES: Readonly<Record<Fault, string>> = {
  load: 'Its code failed while it was loaded.',
  loop: 'It computed for seconds without a pause.',
  memory: 'It used more memory than its limit.',
  ended: 'Its process ended unexpectedly.',
  protocol: 'Its process sent something that is not allowed.',
};

/**
 * The process was ended while a call was in it. `transient` if the call had changed nothing elsewhere, otherwise
 * `unknown-outcome`.
 */
export function processEnded(extension: string, fault: Fault, kind: Extract<ErrorKind, 'transient' | 'unknown-outcome'>): AppError {
  return new AppError('EXTENSION_ENDED', kind, `The process of the extension ${extension} was ended. ${FAULT_SENTENCES[fault]}`, {
    values: { extension, problem: fault },
    fix: 'See the page of extensions; ask its publisher for a corrected version.',
  });
}

/** The process is being started again after a fault. */
export function restarting(extension: string, retryAfterMs: number): AppError {
  return new AppError('EXTENSION_RESTARTING', 'transient', `The extension ${extension} failed and starts again shortly.`, {
    values: { extension },
    retryAfterMs,
    fix: 'Try again; after several failures it is disabled, and an alarm says so.',
  });
}

export function notAvailable(extension: string, problem: 'disabled' | 'missing'): AppError {
  return new AppError(
    'EXTENSION_UNAVAILABLE',
    'transient',
    `The extension ${extension} is ${problem === 'disabled' ? 'disabled' : 'not installed'}.`,
    {
      values: { extension, problem },
      fix: 'Ask the system administrator to enable or install it; the message is tried again.',
    },
  );
}

export function busy(extension: string): AppError {
  return new AppError('EXTENSION_BUSY', 'transient', `Too many calls of the extension ${extension} are waiting.`, {
    values: { extension },
    fix: 'Try again later, or send fewer messages at once.',
  });
}

export function callTimeout(extension: string, limitMs: number, kind: Extract<ErrorKind, 'transient' | 'unknown-outcome'>): AppError {
  return new AppError('EXTENSION_TIMEOUT', kind, `A call of the extension ${extension} took more than ${limitMs} ms.`, {
    values: { extension, limitMs },
    fix: 'Find out why the system that it calls is slow, or ask its publisher for a higher limit.',
  });
}

/** The code of the extension threw something that its manifest does not declare. `place` is a line of its bundle. */
export function callFailed(extension: string, name: string, place: string): AppError {
  return new AppError('EXTENSION_FAILED', 'bug', `The extension ${extension} failed with ${name} at ${place}.`, {
    values: { extension, name, place },
    fix: 'Send the place to the publisher of the extension; try the message in the editor.',
  });
}

/** A request was not sent: the call or the extension has too many. What others use up is free again later. */
export function tooManyRequests(extension: string, problem: keyof typeof REQUEST_LIMITS, limit: number): AppError {
  const kind = problem === 'busy' || problem === 'held' ? 'transient' : 'input';
  return new AppError(
    'EXTENSION_FETCH',
    kind,
    `A request of the extension ${extension} was refused: ${REQUEST_LIMITS[problem]} (${limit}).`,
    {
      values: { extension, problem, limit },
      fix:
        kind === 'transient'
          ? 'Try again later, or send fewer messages at once.'
          : 'Ask the publisher of the extension to send fewer requests for a message.',
    },
  );
}

const REQUEST_LIMITS = {
  total: 'the call sent as many as one call may',
  open: 'the call waits for as many responses as one call may',
  busy: 'all its calls together wait for as many responses as they may',
  held: 'all its requests together hold as many bytes as they may',
};

export function messageUnfit(extension: string, problem: 'input' | 'output' | 'bytes' | 'port', values: ErrorValues): AppError {
  return new AppError('EXTENSION_MESSAGE', 'input', `${MESSAGE_PROBLEMS[problem]} (${extension}).`, {
    values: { extension, problem, ...values },
    fix: 'Shorten the message before this node, or parse it first.',
  });
}

const MESSAGE_PROBLEMS = {
  input: 'The message is too large for an extension',
  output: 'The extension returned too much',
  bytes: 'An extension takes parsed data, not bytes',
  port: 'The extension used a port that its manifest does not name',
};
