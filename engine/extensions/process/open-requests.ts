/** The requests of an extension that are open, with limits: its code must not fill the memory of the engine. */
import { tooManyRequests } from '../package/extension-errors.ts';

const MOST_OF_CALL = 100;
const MOST_OPEN_OF_CALL = 8;
/** Calls that have none open may still send one: it depends on others when they would get their turn. */
const MOST_OPEN = 32;
const MOST_HELD_BYTES = 64 * 1024 * 1024;

/** What a call has sent so far. */
export interface RequestCount {
  total: number;
  open: number;
}

export interface OpenRequest {
  /** Counts bytes of bodies that are kept for this request. Throws EXTENSION_FETCH if all together keep too many. */
  hold(bytes: number): void;
  /** The response is there, or there will be none. */
  end(): void;
  /** Nothing of it is kept any more. */
  release(): void;
}

export class OpenRequests {
  readonly #extension: string;
  #open = 0;
  #heldBytes = 0;

  constructor(extension: string) {
    this.#extension = extension;
  }

  /** Throws EXTENSION_FETCH if a limit is reached. */
  start(call: RequestCount): OpenRequest {
    const extension = this.#extension;
    if (call.total >= MOST_OF_CALL) throw tooManyRequests(extension, 'total', MOST_OF_CALL);
    if (call.open >= MOST_OPEN_OF_CALL) throw tooManyRequests(extension, 'open', MOST_OPEN_OF_CALL);
    if (call.open > 0 && this.#open >= MOST_OPEN) throw tooManyRequests(extension, 'busy', MOST_OPEN);
    call.total += 1;
    call.open += 1;
    this.#open += 1;
    let held = 0;
    return {
      hold: (bytes) => {
        if (this.#heldBytes + bytes > MOST_HELD_BYTES) throw tooManyRequests(extension, 'held', MOST_HELD_BYTES);
        this.#heldBytes += bytes;
        held += bytes;
      },
      end: () => {
        call.open -= 1;
        this.#open -= 1;
      },
      release: () => {
        this.#heldBytes -= held;
      },
    };
  }
}
