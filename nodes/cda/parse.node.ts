import { Type } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { asParsed, sourceOf } from '../shared/parse-worker/parsed-message.ts';
import { cpuMsFor, runInThreads } from '../shared/run-in-threads.ts';
import type { CdaTask } from './cda-worker.ts';

const createRead = runInThreads<CdaTask, string>(
  new URL(import.meta.url.endsWith('.ts') ? './cda-worker.ts' : './cda-worker.js', import.meta.url),
);

/** Reads a CDA R2 document: header, sections, safe HTML of their narrative, and entries. */
export default defineNode({
  type: 'cda.parse',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'file-heart',
  text: {
    label: { 'zh-CN': '解析 CDA 文档', en: 'Parse CDA' },
    help: {
      'zh-CN': '读取 HL7 CDA R2 文档（含卫生信息共享文档）：患者、作者、保管机构、章节及其安全的 HTML。',
      en: 'Reads an HL7 CDA R2 document: patient, authors, custodian, and sections with safe HTML of their narrative.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object({}, { additionalProperties: false }),
  prepare() {
    const read = createRead();
    return async (ctx, message) => {
      const source = sourceOf(message, 'XML_INPUT');
      const json = await read({ source, charset: message.charset }, ctx, cpuMsFor(source.length));
      return { emit: { ok: [asParsed(message, JSON.parse(json))] } };
    };
  },
});
