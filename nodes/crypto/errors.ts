import { AppError } from '../../engine/contract/values/errors.ts';

/** The key of the adapter cannot be used. Never contains any part of it. */
export function keyInvalid(algorithm: string, problem: 'missing' | 'form' | 'public'): AppError {
  const why = {
    missing: 'it has no credential',
    form: 'its credential is no key of this algorithm',
    public: 'the public key is no point of the curve SM2',
  }[problem];
  return new AppError('CRYPTO_KEY_INVALID', 'input', `The key of the adapter (${algorithm}) cannot be used: ${why}.`, {
    values: { algorithm, problem },
    fix: 'Store a key in one of the forms that the adapter names.',
  });
}

/** The algorithm of the adapter has no such operation. */
export function operationUnsupported(algorithm: string, operation: string): AppError {
  return new AppError('CRYPTO_OPERATION', 'input', `${algorithm} cannot ${operation}.`, {
    values: { algorithm, cryptoOperation: operation },
    fix: 'Choose an adapter with another algorithm: HMAC and SM2 sign, SM2 and SM4 encrypt.',
  });
}

/** An input of the node is not what it must be. `input` names it; the value is never shown. */
export function contentInvalid(input: string, problem: 'absent' | 'type' | 'encoding' | 'length' | 'large'): AppError {
  const why = {
    absent: 'is absent',
    type: 'is neither text nor bytes',
    encoding: 'is not valid in its encoding',
    length: 'has the wrong length',
    large: 'is too large',
  }[problem];
  return new AppError('CRYPTO_CONTENT', 'input', `The ${input} ${why}.`, {
    values: { input, problem },
    fix: 'Correct this input before the node; serialise objects first.',
  });
}

export function signatureWrong(): AppError {
  return new AppError('CRYPTO_SIGNATURE_WRONG', 'input', 'The signature does not belong to this content and key.', {
    fix: 'Compare with the sender: the exact bytes that were signed, the key, the user id and the form of the signature.',
  });
}

/** One error for every reason, so that it tells an attacker nothing about the plain text. */
export function decryptionFailed(): AppError {
  return new AppError('CRYPTO_DECRYPTION_FAILED', 'input', 'The ciphertext cannot be decrypted with this key.', {
    fix: 'Compare with the sender: key, algorithm, iv, tag and form of the ciphertext.',
  });
}
