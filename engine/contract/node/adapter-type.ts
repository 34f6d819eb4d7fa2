/**
 * Defines the adapters of one protocol (`nodes/<protocol>/<protocol>.adapter.ts`, found by scanning the folder): the
 * settings of each environment, the texts of their form, and the content of the credential.
 */
import type { TObject } from 'typebox';
import type { Text } from '../values/texts.ts';

export interface AdapterType<Schema extends TObject = TObject> {
  /** The name of the folder; nodes refer to it in `adapter`. */
  readonly protocol: string;
  /** Name of an icon of the designer's icon set. */
  readonly icon: string;
  readonly text: { readonly label: Text; readonly help: Text };
  /** Settings per environment; every field has a `fieldText`. */
  readonly settings: Schema;
  /** What to store as the credential, for example `user:password`. Absent if it needs no login. */
  readonly credential?: Text;
  /** The targets it connects to with these valid settings; an empty list if it only listens. */
  connectsTo?(settings: Readonly<Record<string, unknown>>): readonly { readonly host: string; readonly port: number }[];
  /** True if it uses the document's charset. */
  readonly hasCharset: boolean;
}

/** Only for type inference; returns its input. */
export function defineAdapter<Schema extends TObject>(type: AdapterType<Schema>): AdapterType<Schema> {
  return type;
}
