/** The errors of all stores. They never contain the name of a file, which may be that of a person. */
import { AppError } from '../../../engine/contract/values/errors.ts';

export function connectFailed({ host, port }: { readonly host: string; readonly port: number }, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const reason = reasonOf(cause);
  return new AppError('FILE_CONNECT_FAILED', 'transient', `No connection to ${host}:${port}: ${reason}.`, {
    values: { host, port, reason },
    fix: 'Check address, firewall and certificate with the connection test of the adapter.',
    cause,
  });
}

export function loginRefused(code: string, cause?: unknown): AppError {
  return new AppError('FILE_LOGIN_REFUSED', 'input', `The server refuses the user or the credential (${code}).`, {
    values: { code },
    fix: 'Correct user or credential of the adapter, or ask the administrator of the server.',
    cause,
  });
}

/** The adapter demands TLS, but the server does not support it. */
export function serverWithoutTls(cause: unknown): AppError {
  return new AppError('FILE_TLS_REQUIRED', 'input', 'The adapter demands TLS, but the server does not support it.', {
    values: { problem: 'server' },
    fix: 'Enable TLS on the server, or use SFTP; or remove tls and set allowPlain, if both are in the same protected network.',
    cause,
  });
}

/** `fingerprint`: that of the key which the server showed. */
export function hostKeyUnknown(fingerprint: string): AppError {
  return new AppError('FILE_HOST_KEY', 'input', `The server shows a host key that the adapter does not trust: ${fingerprint}.`, {
    values: { fingerprint },
    fix: 'Ask the administrator of the server for its fingerprint; only if it is the same, add it to the adapter.',
  });
}

/** `path`: as configured, without values of the message. */
export function missing(cause?: unknown, path = ''): AppError {
  const which = path === '' ? '' : ` ${path}`;
  return new AppError('FILE_MISSING', 'input', `The file or folder${which} does not exist, or the user may not access it.`, {
    values: path === '' ? {} : { path },
    fix: 'Correct the path, or the rights of the user.',
    cause,
  });
}

/** `charset`: that of names; absent if the name is text, but none that a path may have. */
export function nameUnreadable(charset: string | undefined): AppError {
  if (charset !== undefined) {
    return new AppError('FILE_NAME_UNREADABLE', 'input', `The name of a file is not text in ${charset}, so the file is left where it is.`, {
      values: { charset },
      fix: 'FTP: set the charset of file names of the adapter. SFTP and local folders: names must be UTF-8; rename the file.',
    });
  }
  return new AppError(
    'FILE_NAME_UNREADABLE',
    'input',
    'The name of a file has \\, control characters or over 255 bytes; the file is left where it is.',
    {
      values: { problem: 'form' },
      fix: 'Rename the file.',
    },
  );
}

export function exists(cause?: unknown): AppError {
  return new AppError('FILE_EXISTS', 'input', 'There is a file with this name already.', {
    fix: 'Choose another name, or let the node replace or number it.',
    cause,
  });
}

/** The place refused it: missing rights, a name that it does not allow, a folder in place of a file. */
export function refused(code: string, cause?: unknown): AppError {
  return new AppError('FILE_REFUSED', 'input', `The access to a file was refused (${code}).`, {
    values: { code },
    fix: 'Check the path, the kind of the file, and the rights of the user on the folder.',
    cause,
  });
}

export function storeFull(code: string, cause: unknown): AppError {
  return new AppError('FILE_STORE_FULL', 'transient', `There is no space for the file (${code}).`, {
    values: { code },
    fix: 'Free space there, or raise the quota of the user.',
    cause,
  });
}

/** The connection was lost or ended. What was sent may have been done. */
export function noAnswer(reason: string, cause?: unknown): AppError {
  return new AppError('FILE_NO_ANSWER', 'transient', `The connection ended before the server answered (${reason}).`, {
    values: { reason },
    fix: 'Check the network and the log of the server; raise the call time-out of the adapter if the server is slow.',
    cause,
  });
}

export function serverError(code: string, cause: unknown): AppError {
  return new AppError('FILE_SERVER_ERROR', 'transient', `The server could not do it now (${code}).`, {
    values: { code },
    fix: 'It can be retried; if it keeps happening, check the log of the server.',
    cause,
  });
}

export function stopped(): AppError {
  return new AppError('FILE_STOPPED', 'transient', 'The step was stopped before anything was sent.');
}

export function busy(): AppError {
  return new AppError('FILE_BUSY', 'transient', 'Too many steps are waiting for a connection to this file server.', {
    fix: 'Wait, or raise connections of the adapter if the server allows it.',
  });
}

export function tooMany(limit: number): AppError {
  return new AppError('FILE_TOO_MANY', 'input', `The folder has more than ${limit} entries.`, {
    values: { limit },
    fix: 'Move files that are done out of this folder, or spread them over several folders.',
  });
}

export function tooLarge(limitBytes: number): AppError {
  return new AppError('FILE_TOO_LARGE', 'input', `The file is larger than ${limitBytes} bytes.`, {
    values: { limitBytes },
    fix: 'Raise the limit of the node, or output a blob reference.',
  });
}

/** The file was written while it was read, or arrived incompletely. */
export function changed(): AppError {
  return new AppError('FILE_CHANGED', 'transient', 'The file changed during the transfer, or its transfer was cut.', {
    fix: 'It is done again; if it keeps happening, something else writes to this file.',
  });
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : message;
}
