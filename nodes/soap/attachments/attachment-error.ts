import { AppError } from '../../../engine/contract/values/errors.ts';

const MESSAGES = {
  size: 'The attachments of the call are larger than {limit} bytes in all.',
  form: 'The multipart answer cannot be read.',
  encoding: 'A part of the answer has a transfer encoding that is not read.',
  absent: 'The answer refers to a part that it does not have.',
} as const;

export function attachmentError(problem: keyof typeof MESSAGES, limit = 0): AppError {
  return new AppError('SOAP_ATTACHMENT', 'input', MESSAGES[problem].replace('{limit}', String(limit)), {
    values: { problem, ...(limit === 0 ? {} : { limit }) },
    fix:
      problem === 'size'
        ? 'Send fewer or smaller files in one call.'
        : 'Ask the other side to send MTOM or SOAP with Attachments as the standards say.',
  });
}
