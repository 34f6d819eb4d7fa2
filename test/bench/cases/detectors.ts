/** What the XSS and SQL injection checks find and pass, and what they cost beside `JSON.parse` of the same body. */
import { DETECTORS, type Detector } from '../../../gateways/inspection/inspect-leaf.ts';
import { inspectBody } from '../../../gateways/inspection/inspect-request.ts';
import {
  ENCODINGS,
  hasCorpora,
  judge,
  readAttacks,
  readHarmless,
  readSamples,
  reasonOfMiss,
  type Sample,
} from '../../gateways/inspection/corpora.ts';
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { median, rounded } from '../measure/compare.ts';

const ROUNDS = 15;
const ORDER = { detectors: DETECTORS, opensBase64: true, passed: [] };

export const detectorCases: readonly BenchCase[] = [
  {
    name: 'detectors',
    run: () => Promise.resolve([...foundLines(), ...passedLines(), ...encodedLines(), ...costLines(), ...growthLines()]),
  },
];

function foundLines(): readonly BenchLine[] {
  const own = { xss: readSamples('xss'), 'sql-injection': readSamples('sql-injections') };
  return DETECTORS.flatMap((detector) => [
    ...(hasCorpora ? [foundLine(`detectors: ${detector}, lists of others`, detector, readAttacks(detector))] : []),
    foundLine(
      `detectors: ${detector}, our own list`,
      detector,
      own[detector].map((text) => ({ list: 'own', text })),
    ),
  ]);
}

function foundLine(name: string, detector: Detector, samples: readonly Sample[]): BenchLine {
  const missed = samples.filter(({ text }) => judge(text, detector) === undefined);
  for (const { list, text } of missed)
    process.stderr.write(`missed by ${detector}, ${list} (${reasonOfMiss(text, detector)}): ${text.slice(0, 120)}\n`);
  const percent = share(samples.length - missed.length, samples.length);
  const isOwn = samples[0]?.list === 'own';
  return {
    ...{ case: name, samples: samples.length, missed: missed.length, foundPercent: percent },
    ...(isOwn ? {} : { target: 'foundPercent >= 98.5', isReached: percent >= 98.5 }),
  };
}

function passedLines(): readonly BenchLine[] {
  const own = readSamples('harmless').map((text) => ({ list: 'own', text }));
  const samples = hasCorpora ? [...readHarmless(), ...own] : own;
  const lists = [...new Set(samples.map(({ list }) => list))];
  return lists.map((list) => {
    const values = samples.filter((sample) => sample.list === list);
    const found = values.filter(({ text }) => DETECTORS.some((detector) => judge(text, detector, true) !== undefined));
    for (const { text } of found) process.stderr.write(`blocked, ${list}: ${text.slice(0, 120)}\n`);
    const percent = share(values.length - found.length, values.length);
    const line = { samples: values.length, blocked: found.length, passedPercent: percent };
    return { case: `detectors: passed, ${list}`, ...line, target: 'passedPercent >= 99.9', isReached: percent >= 99.9 };
  });
}

/** The lists again, with the encodings that clients of waf-bypass apply. */
function encodedLines(): readonly BenchLine[] {
  if (!hasCorpora) return [];
  return DETECTORS.flatMap((detector) => {
    const samples = readAttacks(detector).filter(({ text }) => judge(text, detector) !== undefined);
    return Object.entries(ENCODINGS).map(([name, encode]) => {
      const missed = samples.filter(({ text }) => judge(encode(text), detector, true) === undefined);
      return {
        case: `detectors: ${detector}, ${name}`,
        samples: samples.length,
        foundPercent: share(samples.length - missed.length, samples.length),
      };
    });
  });
}

function share(part: number, whole: number): number {
  return Math.round((part / whole) * 10_000) / 100;
}

const APPOINTMENT = {
  ...{ appointmentId: 'apt_20261129_0001', hospital: 'H001', dept: { code: '0301', name: '心血管内科' }, channel: 'wechat' },
  doctor: { id: 'D1001', name: '李四', title: '主任医师' },
  patient: {
    name: '张三',
    idNo: '11010519491231002X',
    phone: '13800138000',
    gender: 'M',
    address: '北京市东城区东华门街道 5 号院 3-2 #601',
  },
  slot: { date: '2026-12-01', from: '09:00', to: '09:30' },
  fee: { amount: 50.5, currency: 'CNY', items: [{ code: 'A01', name: '挂号费', price: '10.00' }] },
  remark: '患者诉“头痛” 3 天，体温 36.5℃，血压 120/80 mmHg；无药物过敏史（NKDA）。',
  diagnosis: ['I10', 'E11.9'],
  report: 'https://example.org/reports?id=1&type=pdf',
};

function observations(count: number): unknown {
  const observation = (index: number) => ({
    ...{ resourceType: 'Observation', id: `obs-${index}`, status: 'final', effectiveDateTime: '2013-04-02T09:30:10+01:00' },
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p><b>Glucose</b>: 6.3 mmol/l</p></div>' },
    code: { coding: [{ system: 'http://loinc.org', code: '15074-8', display: 'Glucose [Moles/volume] in Blood' }] },
    subject: { reference: 'Patient/f001', display: 'P. van de Heuvel' },
    valueQuantity: { value: 6.3, unit: 'mmol/l', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
    referenceRange: [{ low: { value: 3.1, unit: 'mmol/l' }, text: '3.1 - 6.2 mmol/l' }],
  });
  return {
    resourceType: 'Bundle',
    type: 'collection',
    entry: Array.from({ length: count }, (_, index) => ({ resource: observation(index) })),
  };
}

const SENTENCE = '患者 3 天前受凉后出现头痛，伴咳嗽、咳痰，体温最高 38.5℃；既往体健，无手术史（详见病历）。';

function costLines(): readonly BenchLine[] {
  const bodies = {
    appointment: APPOINTMENT,
    'FHIR bundle of 20': observations(20),
    'FHIR bundle of 1,000': observations(1000),
    'Chinese notes, 100 KB': { notes: Array.from({ length: 700 }, (_, index) => `${index}. ${SENTENCE}`) },
    'one Chinese text, 1 MB': { text: SENTENCE.repeat(7500) },
  };
  return Object.entries(bodies).map(([name, body]) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const rounds = Array.from(
      { length: ROUNDS },
      () => [timeOf(() => inspectBody(bytes, 'application/json', ORDER, Infinity)), timeOf(() => JSON.parse(bytes.toString()))] as const,
    );
    const costRatio = rounded(median(rounds.map(([checked, parsed]) => checked / parsed)));
    const microsPerKb = rounded((median(rounds.map(([checked]) => checked)) / bytes.length) * 1024);
    return {
      case: `detectors: cost, ${name}`,
      bytes: bytes.length,
      microsPerKb,
      costRatio,
      target: 'costRatio <= 12',
      isReached: costRatio <= 12,
    };
  });
}

/** Microseconds of CPU time of one call, of as many as fill 20 ms: what else the machine does hardly changes it. */
function timeOf(work: () => unknown): number {
  const from = process.threadCpuUsage();
  let count = 0;
  let passed = 0;
  do {
    work();
    count++;
    const { user, system } = process.threadCpuUsage(from);
    passed = user + system;
  } while (passed < 20_000);
  return passed / count;
}

/** Texts that keep the detectors at work to their end, since no value in them is a finding. */
const SLOW = {
  'Chinese text': SENTENCE,
  'quoted English with signs': 'It\'s a "quoted" text, select or union; drop <0.5 (x=1) ',
  'open tags': '<a b="c" <d e=\'f\' ',
  'open comments and strings': '/* \' -- " or 1 = x ( ',
  'escapes that are none': '%zz &#; \\u{ %u12 ',
};

function growthLines(): readonly BenchLine[] {
  return Object.entries(SLOW).map(([name, piece]) => {
    const [one, two, ten] = [1, 2, 10].map((megabytes) => {
      const bytes = Buffer.from(piece.repeat(Math.ceil((megabytes * 1024 * 1024) / Buffer.byteLength(piece))));
      return Math.min(...Array.from({ length: 3 }, () => timeOf(() => inspectBody(bytes, 'text/plain', ORDER, Infinity)))) / megabytes;
    });
    const growth = rounded(ten! / two!);
    const perMb = { msPerMbAt1: rounded(one! / 1000), msPerMbAt2: rounded(two! / 1000), msPerMbAt10: rounded(ten! / 1000) };
    return { case: `detectors: growth, ${name}`, ...perMb, growth, target: 'growth <= 1.5', isReached: growth <= 1.5 };
  });
}
