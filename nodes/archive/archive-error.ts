import { AppError } from '../../engine/contract/values/errors.ts';

const MESSAGES = {
  form: 'The file is no archive that can be read.',
  damaged: 'The archive is damaged, or was cut off.',
  overlap: 'Member {entry} of the archive overlaps the next one, as in an attack.',
  encrypted: 'Member {entry} of the archive is encrypted.',
  method: 'Member {entry} of the archive is compressed by a method that is not read.',
  kind: 'Member {entry} of the archive is neither a file nor a folder, but a link, for example.',
  escape: 'The name of member {entry} leads out of the archive.',
  name: 'The name of member {entry} is no name of a file.',
  charset: 'The name of member {entry} is not in the charset of the node.',
  'utf-8': 'The name of member {entry} of the tar archive is not UTF-8.',
  sparse: 'Member {entry} of the tar archive is a sparse file, whose content is stored in parts.',
  twice: 'The name of member {entry} occurs twice.',
  files: 'The archive has more than {limit} files.',
  file: 'Member {entry} of the archive is larger than {limit} bytes.',
  total: 'The files of the archive have more than {limit} bytes in all.',
  ratio: 'The archive unfolds to more than {limit} times its size, as an attack would.',
  packed: 'The archive would be larger than {limit} bytes.',
  source: 'The source is no file: neither a blob reference nor bytes.',
  list: 'The source is no list of files.',
  item: 'File {entry} of the list is neither a blob reference nor text or bytes with a name.',
} as const;

const FIXES = {
  ARCHIVE_INVALID: 'Have the file sent again; the formats are ZIP, gzip and tar.',
  ARCHIVE_UNSUPPORTED: 'Ask the sender for a ZIP archive without a password, compressed by deflate, or a tar archive without links.',
  ARCHIVE_NAME_REFUSED: 'Ask the sender for an archive with plain relative names, or set the charset of the names.',
  ARCHIVE_TOO_LARGE: 'Raise the limit of the node if the archive is to be trusted, or ask for smaller ones.',
  ARCHIVE_CONTENT: 'Correct the source of the node.',
} as const;

/** `entry` is the number of a member, from 1: its name may name a patient. */
export function archiveError(
  code: keyof typeof FIXES,
  problem: keyof typeof MESSAGES,
  values: { readonly entry?: number; readonly limit?: number } = {},
  cause?: unknown,
): AppError {
  const message = MESSAGES[problem].replace('{entry}', String(values.entry)).replace('{limit}', String(values.limit));
  return new AppError(code, 'input', message, { values: { problem, ...values }, fix: FIXES[code], cause });
}
