/**
 * Batches of messages (HL7 v2.8, 2.10.3): FHS { BHS { messages } BTS } FTS. Each of these segments may be missing, except
 * the trailer of a header that is there: without it, the file was cut off. A text with messages alone is one batch.
 */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { split } from './form-limits.ts';

export interface Hl7Batch {
  /** BHS-11, or '' if there is none. */
  readonly id: string;
  /** The segment BHS, or '' if there is none. */
  readonly header: string;
  /** The texts of the messages, each as received. */
  readonly messages: readonly string[];
}

export interface Hl7File {
  /** FHS-11, or '' if there is none. */
  readonly id: string;
  readonly header: string;
  readonly batches: readonly Hl7Batch[];
}

interface OpenBatch {
  readonly id: string;
  readonly header: string;
  readonly messages: string[];
}

/** Reads a file, some lines per step. Throws HL7_BATCH_WRONG (input) if it is no batch, not whole, or has a wrong count. */
export function* batchSteps(text: string, mostMessages: number): Generator<void, Hl7File> {
  const file = { id: '', header: '', batches: [] as OpenBatch[] };
  let batch: OpenBatch | undefined;
  let messageStart = -1;
  let count = 0;
  const open = new Map<string, number>();
  const endMessage = (to: number) => {
    if (messageStart >= 0) batch!.messages.push(text.slice(messageStart, to));
    messageStart = -1;
  };
  for (const { from, to, number } of linesOf(text)) {
    const name = text.slice(from, from + 3);
    if (name === 'MSH' || (ENVELOPE.has(name) && !isFieldOf(text, from))) {
      endMessage(from);
      const line = text.slice(from, to);
      if (name !== 'MSH') follow(open, name, number);
      if (name === 'MSH') {
        if (++count > mostMessages) throw wrong('more', `it has more than ${mostMessages} messages`, { limit: mostMessages });
        if (batch === undefined) file.batches.push((batch = { id: '', header: '', messages: [] }));
        messageStart = from;
        yield;
      } else if (name === 'FHS') Object.assign(file, { id: fieldOf(line, 11), header: line });
      else if (name === 'BHS') file.batches.push((batch = { id: fieldOf(line, 11), header: line, messages: [] }));
      else if (name === 'BTS') {
        checkCount('BTS-1', fieldOf(line, 1), batch?.messages.length ?? 0);
        batch = undefined;
      } else checkCount('FTS-1', fieldOf(line, 1), file.batches.length);
    } else if (messageStart < 0) throw wrong('start', `the line ${JSON.stringify(name)} belongs to no message`, { segment: name });
  }
  endMessage(text.length);
  follow(open, '', 0);
  if (count === 0 && file.header === '' && file.batches.length === 0) throw wrong('empty', 'it has neither FHS, BHS nor MSH');
  return file;
}

/** Takes a segment of the envelope; '' is the end of the file. `open` has the numbers of headers without their trailer. */
function follow(open: Map<string, number>, name: string, number: number): void {
  if (name !== 'BTS') requireClosed(open, 'BHS');
  if (name === 'FHS' || name === '') requireClosed(open, 'FHS');
  if (name === 'FHS' || name === 'BHS') open.set(name, number);
  else open.delete(name.replace('T', 'H'));
}

function requireClosed(open: ReadonlyMap<string, number>, segment: string): void {
  const number = open.get(segment);
  if (number === undefined) return;
  const trailer = segment.replace('H', 'T');
  throw wrong('open', `${segment}, its segment ${number}, has no ${trailer}`, { segment, trailer, number });
}

const ENVELOPE: ReadonlySet<string> = new Set(['FHS', 'BHS', 'BTS', 'FTS']);

/** True if the letters are the beginning of a longer word, so no segment of an envelope. */
function isFieldOf(text: string, from: number): boolean {
  return /[A-Za-z0-9]/.test(text[from + 3] ?? '');
}

function* linesOf(text: string): Generator<{ readonly from: number; readonly to: number; readonly number: number }> {
  const end = /[\r\n]+/g;
  let from = /^[\ufeff\r\n]*/.exec(text)![0].length;
  for (let number = 1; from < text.length; number++) {
    end.lastIndex = from;
    const match = end.exec(text);
    const to = match?.index ?? text.length;
    yield { from, to, number };
    from = match === null ? text.length : end.lastIndex;
  }
}

/** FHS-1 and BHS-1 are the field separator itself, as in MSH; BTS and FTS count their fields as other segments do. */
function fieldOf(line: string, number: number): string {
  const isHeader = line.startsWith('FHS') || line.startsWith('BHS');
  const separator = line[3] ?? '|';
  return split(line, separator)[isHeader ? number - 1 : number]?.trim() ?? '';
}

function checkCount(place: string, said: string, found: number): void {
  if (said !== '' && Number(said) !== found)
    throw wrong('count', `${place} says ${said.slice(0, 20)}, but there are ${found}`, { place, found });
}

function wrong(problem: string, reason: string, values: Readonly<Record<string, string | number>> = {}): AppError {
  return new AppError('HL7_BATCH_WRONG', 'input', `This is not a correct HL7 batch: ${reason}.`, {
    values: { problem, ...values },
    fix: 'Let the sender send the whole file again, with FHS, BHS, the messages, BTS and FTS.',
  });
}
