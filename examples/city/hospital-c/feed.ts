/** What hospital C sends: HL7 v2.5.1, each message a function of its number alone, so that a message sent again is the same message. */
import { fictitiousPerson } from '../people.ts';

export interface FeedMessage {
  readonly number: number;
  /** MSH-10. */
  readonly controlId: string;
  readonly patientId: string;
  /** MSH-9, for example `ADT^A01^ADT_A01`. */
  readonly type: string;
  readonly text: string;
}

/** A stay: admission, finding, transfer, finding, discharge; four patients at once. */
const STAY = ['A01', 'ORU', 'A02', 'ORU', 'A03'] as const;
const AT_ONCE = 4;
const FEED_STARTS = Date.UTC(2026, 0, 5, 0, 0, 0);
const WARDS = ['呼吸内科', '心内科', '骨科'];
const MESSAGES_PER_GROUP = STAY.length * AT_ONCE;

export function feedMessage(number: number): FeedMessage {
  const group = Math.floor(number / MESSAGES_PER_GROUP);
  const step = Math.floor((number % MESSAGES_PER_GROUP) / AT_ONCE);
  const index = group * AT_ONCE + (number % AT_ONCE);
  const person = fictitiousPerson(index);
  const event = STAY[step] ?? 'A01';
  const time = hl7Time(FEED_STARTS + number * 1000);
  const controlId = `C${String(number).padStart(9, '0')}`;
  const type = event === 'ORU' ? 'ORU^R01^ORU_R01' : `ADT^${event}^ADT_${event}`;
  const ward = WARDS[(index + step) % WARDS.length] ?? '';
  const segments = [
    `MSH|^~\\&|HIS|HOSPITAL-C|BUS|CITY|${time}||${type}|${controlId}|P|2.5.1||||||GB 18030-2000`,
    ...(event === 'ORU' ? [] : [segment('EVN', { 1: event, 2: time })]),
    segment('PID', {
      1: '1',
      3: `${person.patientId}^^^CITY^MR~${person.idNumber}^^^CN^NI`,
      5: person.name,
      7: person.birthDate,
      8: person.sex,
      11: '虚构路1号^^上海',
      13: person.mobile,
    }),
    segment('PV1', {
      1: '1',
      2: 'I',
      3: `${ward}^${1 + (index % 20)}床^${1 + (index % 4)}`,
      7: doctor(index),
      19: `V${String(index).padStart(8, '0')}`,
      44: time,
    }),
    ...(event === 'ORU' ? findings(index, time) : []),
  ];
  return { number, controlId, patientId: person.patientId, type, text: `${segments.join('\r')}\r` };
}

function findings(index: number, time: string): string[] {
  return [
    `OBR|1||L${index}|CBC^血常规^L|||${time}`,
    `OBX|1|NM|WBC^白细胞^L||${4 + (index % 6)}.2|10\\S\\9/L|3.5-9.5|N|||F`,
    `OBX|2|NM|HGB^血红蛋白^L||${120 + (index % 30)}|g/L|115-175|N|||F`,
  ];
}

/** A segment from its fields by number. */
function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(...Object.keys(fields).map(Number));
  return [name, ...Array.from({ length: last }, (_, index) => fields[index + 1] ?? '')].join('|');
}

function doctor(index: number): string {
  return `D${700 + (index % 9)}^${fictitiousPerson(700 + (index % 9)).name}`;
}

function hl7Time(epochMs: number): string {
  return new Date(epochMs + 8 * 3_600_000).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
}
