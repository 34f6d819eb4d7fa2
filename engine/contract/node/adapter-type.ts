/**
 * Defines the adapters of one protocol: the settings of each environment, the texts of their form, and the content of
 * the credential. The file is `nodes/<protocol>/<protocol>.adapter.ts`; the registry finds it by scanning the folder.
 */
import type { TObject } from 'typebox';
import type { Text } from '../values/texts.ts';
import type { BrokerAdministrations } from './broker-administration.ts';
import type { FindInstances } from './find-instances.ts';
import type { ConfigProblem } from './node.ts';
import type { Health, ProbeContext } from './probe.ts';

export interface AdapterType<Schema extends TObject = TObject> {
  /** The name of the folder; nodes refer to it in `adapter`. */
  readonly protocol: string;
  /** Name of an icon of the designer's icon set. */
  readonly icon: string;
  /**
   * `usedFor`: what people call the systems that they reach by this protocol, for the choice of a protocol. `words`: what
   * else people call the protocol and its products, in any language. Searches find the protocol and its nodes by both.
   */
  readonly text: { readonly label: Text; readonly help: Text; readonly usedFor?: Text; readonly words?: string };
  /** The setting whose options are offered with the protocol, for example the kind of database. */
  readonly choice?: string;
  /** Settings per environment; every field has a `fieldText`. */
  readonly settings: Schema;
  /** Returns problems of valid settings that the schema cannot express, with paths relative to them. */
  check?(settings: Readonly<Record<string, unknown>>): readonly ConfigProblem[];
  /** Says what to store as the credential, for example `user:password`. Absent if the protocol needs no login. */
  readonly credential?: Text;
  /** Returns the targets that an adapter with these valid settings connects to; an empty list if it only listens. */
  connectsTo?(settings: Readonly<Record<string, unknown>>): readonly { readonly host: string; readonly port: number }[];
  /** True if adapters of this protocol use the charset of their document. */
  readonly hasCharset: boolean;
  /** Absent if the adapters reach no message broker. */
  readonly brokers?: BrokerAdministrations;
  /** Tests a connection, for a protocol whose nodes cannot. */
  probe?(ctx: ProbeContext): Promise<Health>;
  /** Set if systems of this protocol know the instances of services. */
  createFindInstances?(): FindInstances;
}

/** Returns its input; exists only for type inference. */
export function defineAdapter<Schema extends TObject>(type: AdapterType<Schema>): AdapterType<Schema> {
  return type;
}
