/** HL7 v2 messages that a hospital sends, and acknowledgements that it answers with. Latin-1, without their frames. */
import type { Tricks } from './bomb.ts';
import { filled, joined } from './random.ts';

const MEGABYTE = 1024 * 1024;
const HEAD = 'MSH|^~\\&|HIS|H|BUS|CITY|20260601083000||ADT^A01|M1|P|2.5.1\r';
const ACK = 'MSH|^~\\&|HIS|H|BUS|CITY|20260601083000||ACK|A1|P|2.5.1\rMSA|AA|';

export const HL7_TRICKS: Tricks<string> = {
  segments: (random) => HEAD + filled('X\r', random.int(10_000, 2 * MEGABYTE)),
  observations: (random) => HEAD + filled('OBX|1|ST|a^b||1|x\r', random.int(10_000, 2 * MEGABYTE)),
  fields: (random) => `${HEAD}PID|${filled('a|', random.int(10_000, 2 * MEGABYTE))}\r`,
  repetitions: (random) => `${HEAD}PID|${filled('a~', random.int(10_000, 2 * MEGABYTE))}\r`,
  components: (random) => `${HEAD}PID|${filled('a^', random.int(10_000, 2 * MEGABYTE))}\r`,
  subcomponents: (random) => `${HEAD}PID|a^${filled('a&', random.int(10_000, 2 * MEGABYTE))}\r`,
  escapes: (random) => `${HEAD}PID|${filled('\\F\\\\X0D\\', random.int(10_000, MEGABYTE))}\r`,
  'open escapes': (random) => `${HEAD}PID|${filled('\\', random.int(10_000, MEGABYTE))}\r`,
  'control characters': (random) => `${HEAD}PID|${filled('\t', random.int(10_000, 2 * MEGABYTE))}\r`,
  'a long header': (random) => `${HEAD.trim()}${filled('|a', random.int(10_000, 2 * MEGABYTE))}\r`,
  'line ends': (random) => HEAD + filled('\r\n\n', random.int(10_000, 2 * MEGABYTE)),
  'no segments': (random) => HEAD + filled('zz|a\r', random.int(10_000, MEGABYTE)),
  'names of segments': (random) =>
    HEAD + joined(random.int(1000, 20_000), (i) => `Z${((i % 1296) + 1296).toString(36).slice(-2).toUpperCase()}|x\r`),
  'no delimiters': (random) => random.pick(['MSH', 'MSH|||||', 'MSHaaaa', 'MSH|^^^^|\r', 'PID|1\r', filled('MSH|', 100_000), '']),
  'a charset that is none': (random) =>
    `MSH|^~\\&|HIS|H|BUS|CITY|20260601||ADT^A01|M1|P|2.5.1||||||${filled('GBK~', random.int(10, 100_000))}\r`,
  'broken bytes': (random) => `${HEAD}PID|${filled('\u0081\u00ff\u00fe', random.int(1000, MEGABYTE))}\r`,
};

export const ACK_TRICKS: Tricks<string> = {
  ...Object.fromEntries(Object.entries(HL7_TRICKS).map(([name, make]) => [name, (random) => make(random).replace('ADT^A01', 'ACK')])),
  'a long text': (random) => `${ACK}M1|${filled('\\F\\', random.int(1000, 4 * MEGABYTE))}\r`,
  'texts again and again': (random) => `${ACK}M1|${filled('x~', random.int(1000, 4 * MEGABYTE))}\r`,
  'acknowledgements of others': (random) => `${ACK}${filled('X', random.int(1, 1000))}\r`,
  'errors without an end': (random) => `${ACK}\r${filled('ERR|||207\r', random.int(1000, 2 * MEGABYTE))}`,
};
