import type { Misbehave } from '../hostile-imap.ts';
import { makeBombs, type Bomb } from './bomb.ts';
import { EXPRESSION_TRICKS, MAPPING_TRICKS } from './expressions.ts';
import { ACK_TRICKS, HL7_TRICKS } from './hl7-messages.ts';
import { IMAP_TRICKS, MAIL_TRICKS } from './mails.ts';
import { PATTERN_TRICKS, SCHEMA_TRICKS } from './schemas.ts';
import { WSDL_TRICKS } from './wsdls.ts';
import { JSON_TRICKS, XML_TRICKS } from './xml-answers.ts';

export interface AllBombs {
  readonly schema: readonly Bomb<Readonly<Record<string, unknown>>>[];
  readonly pattern: readonly Bomb<Readonly<Record<string, unknown>>>[];
  readonly expression: readonly Bomb<string>[];
  readonly mapping: readonly Bomb<Readonly<Record<string, unknown>>>[];
  readonly wsdl: readonly Bomb<string>[];
  readonly xml: readonly Bomb<string>[];
  readonly soap: readonly Bomb<string>[];
  readonly json: readonly Bomb<string>[];
  readonly hl7: readonly Bomb<string>[];
  readonly ack: readonly Bomb<string>[];
  readonly mail: readonly Bomb<string>[];
  readonly imap: readonly Bomb<Misbehave>[];
}

/** 500 in all. */
export function allBombs(seed: number): AllBombs {
  const envelope = (xml: string) =>
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><oResponse>${xml}</oResponse></e:Body></e:Envelope>`;
  return {
    schema: makeBombs('schema', SCHEMA_TRICKS, 85, seed),
    pattern: makeBombs('pattern', PATTERN_TRICKS, 45, seed),
    expression: makeBombs('expression', EXPRESSION_TRICKS, 80, seed),
    mapping: makeBombs('mapping', MAPPING_TRICKS, 40, seed),
    wsdl: makeBombs('wsdl', WSDL_TRICKS, 48, seed),
    xml: makeBombs('xml', XML_TRICKS, 42, seed),
    soap: makeBombs('soap', XML_TRICKS, 21, seed + 1).map((bomb) => ({ ...bomb, load: envelope(bomb.load) })),
    json: makeBombs('json', JSON_TRICKS, 42, seed),
    hl7: makeBombs('hl7', HL7_TRICKS, 32, seed),
    ack: makeBombs('ack', ACK_TRICKS, 20, seed),
    mail: makeBombs('mail', MAIL_TRICKS, 34, seed),
    imap: makeBombs('imap', IMAP_TRICKS, 11, seed),
  };
}
