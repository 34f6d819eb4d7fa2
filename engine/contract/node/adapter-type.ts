/**
 * What adapters of one protocol are made of (`nodes/<protocol>/<protocol>.adapter.ts`, found by scanning the folder): the settings that each
 * environment gives, with the words of their form, and what its credential holds.
 */
import type { TObject } from 'typebox';
import type { Text } from '../values/texts.ts';

export interface AdapterType<Schema extends TObject = TObject> {
  /** The name of the folder; what nodes name as their `adapter`. */
  readonly protocol: string;
  /** Name of an icon of the designer's icon set. */
  readonly icon: string;
  readonly text: { readonly label: Text; readonly help: Text };
  /** Settings per environment; every field carries `fieldText`. */
  readonly settings: Schema;
  /** What is to be stored as the credential, such as `user:password`. Absent: it logs in nowhere. */
  readonly credential?: Text;
  /** Where it connects to with these settings, which fit the schema; nothing for one that only listens. */
  connectsTo?(settings: Readonly<Record<string, unknown>>): readonly { readonly host: string; readonly port: number }[];
  /** The document's charset matters to it. */
  readonly hasCharset: boolean;
}

/** Gives an adapter type its types; changes nothing. */
export function defineAdapter<Schema extends TObject>(type: AdapterType<Schema>): AdapterType<Schema> {
  return type;
}
