/** The thread that reads the descriptions of services. */
import { AppError, fromErrorRecord } from '../../../engine/contract/values/errors.ts';
import { serveTasks } from '../../../engine/threads/serve-tasks.ts';
import { decodeText } from '../../shared/charset/text-charset.ts';
import { xmlCharset } from '../../shared/xml/xml-charset.ts';
import type { Description } from './description.ts';
import { wsdlProblem } from './problems.ts';
import { readOperations } from './read-operations.ts';
import { referencesOf } from './references.ts';
import type { FetchedFile, WsdlTask } from './task.ts';
import { describeUploaded, unpack } from './uploaded-files.ts';
import { parseTree, type XmlNode } from './xml-tree.ts';

serveTasks<WsdlTask, unknown>(async (task) => {
  switch (task.kind) {
    case 'references': {
      const file = read(task.file);
      return file instanceof AppError ? [] : referencesOf(file);
    }
    case 'fetched':
      return readOperations(describeFetched(task), task.basePath);
    case 'uploaded':
      return readOperations(
        describeUploaded((await unpack(task.files)).map(({ name, content }) => [name, read({ name, content })])),
        task.basePath,
      );
  }
});

function describeFetched({ main, files, links }: Extract<WsdlTask, { kind: 'fetched' }>): Description {
  const targets = new Map(
    links.map(({ from, location, to }) => [`${from}\n${location}`, typeof to === 'string' ? to : fromErrorRecord(to)]),
  );
  return {
    main: [main],
    files: new Map(files.map((file) => [file.name, read(file)])),
    resolve: (from, location, line) =>
      targets.get(`${from}\n${location}`) ?? wsdlProblem('import', { file: from, line, target: location, reason: 'not fetched' }),
  };
}

/** Returns the root of a file, or why it cannot be read. */
function read({ name, content }: FetchedFile): XmlNode | AppError {
  try {
    return parseTree(decode(name, content), name);
  } catch (error) {
    if (error instanceof AppError && error.code === 'WSDL_INVALID') return error;
    throw error;
  }
}

function decode(file: string, bytes: Uint8Array): string {
  const charset = xmlCharset(bytes);
  try {
    if (charset === 'UTF-16LE' || charset === 'UTF-16BE') return new TextDecoder(charset.toLowerCase(), { fatal: true }).decode(bytes);
    return decodeText(bytes, charset);
  } catch {
    throw wsdlProblem('charset', { file, charset });
  }
}
