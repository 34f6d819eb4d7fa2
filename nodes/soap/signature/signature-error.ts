import { AppError } from '../../../engine/contract/values/errors.ts';

export type SignatureProblem = 'unsigned' | 'algorithm' | 'certificate' | 'wrong' | 'body' | 'expired';

const MESSAGES: Readonly<Record<SignatureProblem, string>> = {
  unsigned: 'The answer is not signed.',
  algorithm:
    'The signature of the answer uses an algorithm that is not accepted (RSA with SHA-256 or SHA-512, exclusive canonicalization).',
  certificate: 'The certificate of the answer is neither one of those of the adapter nor issued by one of them, or has expired.',
  wrong: 'The signature of the answer is wrong.',
  body: 'The signature of the answer does not cover its body.',
  expired: 'The signed time of the answer is too far from now.',
};

export function signatureError(problem: SignatureProblem): AppError {
  return new AppError('SOAP_SIGNATURE', 'input', MESSAGES[problem], {
    values: { problem },
    fix: 'Ask the other side how it signs; compare its certificate with the one of the adapter.',
  });
}
