/** The payloads of one execution: the blobs it refers to, and the total size of its payloads. */
import type { LegDocument, Stored } from '../execution-document.ts';
import { blobsOf, bytesOf } from '../payloads.ts';
import { executionPlace } from '../stored-execution.ts';
import type { RetryUntilStored, JournalDeps, JournalDocument } from './journal-deps.ts';

/** Roughly the size of an execution without its payloads, including its index entries. */
const ROW_BYTES = 1_200;

export class KeptPayloads {
  readonly #executionId: string;
  readonly #payloads: JournalDeps['payloads'];
  readonly #insist: RetryUntilStored;
  readonly #blobs: Set<string>;
  #bytes = ROW_BYTES;

  /** The first two parameters are the state that earlier claims stored. */
  constructor(
    { _id, input, legs, blobs = [] }: JournalDocument,
    iterationLegs: readonly LegDocument[],
    payloads: JournalDeps['payloads'],
    insist: RetryUntilStored,
  ) {
    this.#executionId = _id;
    this.#payloads = payloads;
    this.#insist = insist;
    this.#blobs = new Set(blobs);
    if (input) this.addSize(input);
    for (const { payload } of [...Object.values(legs), ...iterationLegs]) if (payload) this.addSize(payload);
  }

  /** The blobs of its payloads, and those that its payloads name. */
  get blobs(): readonly string[] {
    return [...this.#blobs];
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
    this.addBlobs(blobsOf(stored));
    this.addSize(stored);
  }

  /** Adds only the size of the payload. Call it if the payload has no blob, or if its blob is already in the list. */
  addSize(stored: Stored): void {
    this.#bytes += bytesOf(stored);
  }

  addBlobs(blobs: readonly string[]): void {
    for (const blob of blobs) this.#blobs.add(blob);
  }

  /** Removes all payloads, except this reply, from the list and the size: the end of the run stores nothing else. */
  reduceTo(reply: Stored | undefined): void {
    this.#blobs.clear();
    this.#bytes = ROW_BYTES;
    if (reply) this.refer(reply);
  }
}
