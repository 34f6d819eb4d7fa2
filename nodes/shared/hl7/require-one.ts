/** Refuses text that a receiver could read as something else than one HL7 v2 message. */
import { AppError } from '../../../engine/contract/values/errors.ts';

/** Returns the text. Throws HL7_NOT_ONE_MESSAGE (input) if it has a second MSH segment, or a NUL. */
export function requireOneMessage(text: string): string {
  const header = /[^\ufeff\r\n]/.exec(text)?.index ?? 0;
  const second = /[\r\n]MSH(?![A-Za-z0-9])/g;
  second.lastIndex = header;
  // A receiver that looks for MSH instead of frames would process the rest as a message of its own.
  if (second.test(text))
    throw notOne('it has a second MSH segment, which begins another message', 'second', 'Send each message by itself.');
  // Receivers that end texts at a NUL would lose the rest.
  if (text.includes('\0'))
    throw notOne('it contains a NUL character, at which some receivers stop reading', 'nul', 'Remove the character.');
  return text;
}

function notOne(reason: string, problem: string, fix: string): AppError {
  return new AppError('HL7_NOT_ONE_MESSAGE', 'input', `The text cannot be sent as one HL7 v2 message: ${reason}.`, {
    values: { problem },
    fix,
  });
}
