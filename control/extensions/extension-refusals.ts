import { AppError } from '../../engine/contract/values/errors.ts';

export function exists(extension: string): AppError {
  return new AppError('EXTENSION_EXISTS', 'input', `The version ${extension} was uploaded already.`, {
    values: { extension },
    fix: 'Remove it first, or give the package another version.',
  });
}

export function notWaiting(extension: string): AppError {
  return new AppError('EXTENSION_NOT_WAITING', 'input', `${extension} was confirmed already.`, {
    values: { extension },
    fix: 'Reload the page to see its state.',
  });
}

export function stillWaiting(extension: string): AppError {
  return new AppError('EXTENSION_WAITING', 'input', `${extension} waits until another person confirms it.`, {
    values: { extension },
    fix: 'Ask the security administrator to confirm it, or remove it.',
  });
}

export function ownUpload(extension: string): AppError {
  return new AppError('EXTENSION_OWN', 'input', 'The person who uploaded an extension cannot confirm it.', {
    values: { extension },
    fix: 'Ask another person with this right.',
  });
}

export function tooMany(limit: number): AppError {
  return new AppError('EXTENSIONS_FULL', 'input', `There are already ${limit} versions of extensions.`, {
    values: { limit },
    fix: 'Remove versions that no flow uses.',
  });
}
