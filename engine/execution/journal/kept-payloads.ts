/** The payloads of one execution: those it refers to, and the size that all of them add to it. */
import type { LegDocument, Stored } from '../execution-document.ts';
import { bytesOf } from '../payloads.ts';
import { executionPlace } from '../stored-execution.ts';
import type { Insist, JournalDeps, JournalDocument } from './journal-deps.ts';

/** Roughly the size of an execution without its payloads, including its index entries. */
const ROW_BYTES = 1_200;

export class KeptPayloads {
  readonly #executionId: string;
  readonly #payloads: JournalDeps['payloads'];
  readonly #insist: Insist;
  readonly #blobs: string[];
  #bytes = ROW_BYTES;

  /** `document` and `iterationLegs`: as stored by earlier claims. */
  constructor(
    { _id, input, legs, blobs = [] }: JournalDocument,
    iterationLegs: readonly LegDocument[],
    payloads: JournalDeps['payloads'],
    insist: Insist,
  ) {
    this.#executionId = _id;
    this.#payloads = payloads;
    this.#insist = insist;
    this.#blobs = [...blobs];
    if (input) this.addSize(input);
    for (const { payload } of [...Object.values(legs), ...iterationLegs]) if (payload) this.addSize(payload);
  }

  /** Blobs the execution refers to. */
  get blobs(): readonly string[] {
    return this.#blobs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async keep(field: string, value: unknown): Promise<Stored> {
    const stored = await this.#insist(() => this.#payloads.store(executionPlace(this.#executionId, field), value));
    this.refer(stored);
    return stored;
  }

  refer(stored: Stored): void {
    if ('blob' in stored) this.#blobs.push(stored.blob);
    this.addSize(stored);
  }

  /** For a payload whose blob is referred to elsewhere. */
  addSize(stored: Stored): void {
    this.#bytes += bytesOf(stored);
  }

  addBlobs(blobs: readonly string[]): void {
    this.#blobs.push(...blobs);
  }

  /** The end keeps none of the payloads so far, except this reply. */
  reduceTo(reply: Stored | undefined): void {
    this.#blobs.length = 0;
    this.#bytes = ROW_BYTES;
    if (reply) this.refer(reply);
  }
}
