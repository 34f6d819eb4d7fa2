import { AppError } from '../../../engine/contract/values/errors.ts';

export type SignatureProblem = 'unsigned' | 'algorithm' | 'certificate' | 'wrong' | 'body' | 'timestamp' | 'expired' | 'attachments';

const MESSAGES: Readonly<Record<SignatureProblem, string>> = {
  unsigned: 'The answer is not signed.',
  algorithm:
    'The signature of the answer uses an algorithm that is not accepted (RSA with SHA-256 or SHA-512, exclusive canonicalization).',
  certificate: 'The certificate of the answer is neither one of those of the adapter nor issued by one of them, or has expired.',
  wrong: 'The signature of the answer is wrong.',
  body: 'The signature of the answer does not cover its body.',
  timestamp: 'The signature of the answer does not cover a timestamp (wsu:Timestamp with Created).',
  expired: 'The signed time of the answer is too far from now.',
  attachments: 'The answer has attachments, which its signature does not cover.',
};

const FIXES: Partial<Readonly<Record<SignatureProblem, string>>> = {
  timestamp: 'Ask the other side to sign the body and the timestamp.',
  expired: 'Compare the clocks of both sides.',
  attachments: 'Ask the other side to send files as Base64 in the signed body.',
};

export function signatureError(problem: SignatureProblem): AppError {
  return new AppError('SOAP_SIGNATURE', 'input', MESSAGES[problem], {
    values: { problem },
    fix: FIXES[problem] ?? 'Ask the other side how it signs; compare its certificate with the one of the adapter.',
  });
}
