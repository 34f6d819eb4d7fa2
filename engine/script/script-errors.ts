import { AppError } from '../contract/values/errors.ts';
import { expressionFailed } from '../expression/compile-expression.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';

type Fault = NonNullable<ScriptAnswer['fault']>;

/**
 * Converts a fault of the sandbox. An error text that a script throws is shown, because the script's author wrote it.
 * Values of the message are not read.
 */
export function toScriptError(fault: Fault, job: ScriptJob): AppError {
  const what = job.kind === 'expression' ? 'expression' : 'script';
  const place = fault.line === undefined ? '' : ` in line ${fault.line}`;
  const line = fault.line === undefined ? {} : { line: fault.line };
  if (job.kind === 'check') {
    return new AppError('SCRIPT_INVALID', 'input', `The script is not valid${place}: ${fault.message}.`, {
      values: line,
      fix: 'Correct the script.',
    });
  }
  switch (fault.code) {
    case 'EXPRESSION_FAILED':
      return expressionFailed({ code: fault.fault, position: fault.position });
    case 'SCRIPT_TIMEOUT':
      return new AppError('SCRIPT_TIMEOUT', 'input', `The ${what} was ended after ${job.timeoutMs} ms.`, {
        values: { what, timeoutMs: job.timeoutMs },
        fix: 'Look for an endless loop or a slow regular expression; raise the limit only if the work really takes that long.',
      });
    case 'SCRIPT_MEMORY':
      return new AppError('SCRIPT_MEMORY', 'input', `The ${what} needed more than its ${job.memoryBytes} bytes of memory.`, {
        values: { what, memoryBytes: job.memoryBytes },
        fix: 'Build smaller values, or raise the memory limit of the node.',
      });
    case 'SCRIPT_RESULT_TOO_LARGE':
      return new AppError('SCRIPT_RESULT_TOO_LARGE', 'input', `The ${what} returned more than ${job.resultBytes} characters of JSON.`, {
        values: { what, limitBytes: job.resultBytes },
        fix: 'Return less.',
      });
    case 'SCRIPT_ERROR':
      if (fault.isPromise) {
        return new AppError(
          'SCRIPT_ERROR',
          'input',
          'The script returned a promise, but scripts are synchronous and a promise is not awaited.',
          {
            values: { problem: 'promise' },
            fix: 'Write the script without async, await, Promise and import(), and return the value itself.',
          },
        );
      }
      return new AppError('SCRIPT_ERROR', 'input', `The ${what} failed${place}: ${fault.message}.`, {
        values: line,
        fix: 'Test the node with the input of this step and correct the script.',
      });
  }
}
