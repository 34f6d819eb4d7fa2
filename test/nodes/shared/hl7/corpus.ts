import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../../../shared/corpora/hl7/', import.meta.url));

/** Messages of many types, name and bytes; empty if the corpus is not next to the checkout. */
export function readCorpus(): readonly { readonly name: string; readonly bytes: Buffer }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.hl7'))
    .map((name) => ({ name, bytes: readFileSync(folder + name) }));
}

/** A small admission as a hospital sends it. */
export const ADMISSION = [
  'MSH|^~\\&|HIS|协和医院|GW|平台|20261124120000||ADT^A01^ADT_A01|MSG00001|P|2.4||||||UNICODE UTF-8',
  'EVN|A01|20261124120000',
  'PID|1||0007^^^HIS&1.2.3&ISO^MR~310101^^^GA^NI||张三^慭\\T\\^^^||19800101|M|||北京市东城区\\F\\1号||010-1234|',
  'PV1|1|I|内科^101^1||||0001^王^医生',
  'OBX|1|NM|GLU^葡萄糖||5.6|mmol/L',
  'OBX|2|TX|NOTE^备注||第一行\\.br\\第二行~又一段',
  '',
].join('\r');
