/** The thread that reads the descriptions of services. */
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import { decodeText } from '../shared/charset/text-charset.ts';
import { parseXml } from '../shared/xml/parse-xml.ts';
import { xmlCharset } from '../shared/xml/xml-charset.ts';
import { readWsdl } from './read-wsdl.ts';

const MAX_DEPTH = 60;

export interface WsdlTask {
  readonly body: Uint8Array;
  readonly basePath: string;
}

serveTasks<WsdlTask, unknown>(({ body, basePath }) =>
  readWsdl(parseXml(decodeText(body, xmlCharset(body)), { maxDepth: MAX_DEPTH, namespaces: 'keep', arrays: [] }), basePath),
);
