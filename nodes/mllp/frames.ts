/**
 * Splits bytes into MLLP frames (HL7 MLLP release 1): VT, content, FS CR. Bytes are split before they are decoded,
 * because in GBK the second byte of a character can equal a delimiter of HL7.
 */
import { AppError } from '../../engine/contract/values/errors.ts';

const VT = 0x0b;
const FS = 0x1c;
const CR = 0x0d;

/** Maximum number of bytes between two frames. If there are more, the peer speaks another protocol. */
const STRAY_LIMIT_BYTES = 64 * 1024;
/** The byte order mark in UTF-8, which some senders write at the start of a connection. */
const MARK: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf]);
const FIRST_HOLD_BYTES = 8 * 1024;

export type OnFrame = (frame: Buffer) => void;

export interface FrameCutter {
  /**
   * Calls `onFrame` for every frame that the chunk completes, in order, before `push` returns. The handler must only
   * queue the frames: a second `push` during the handler would find the old frames again. Throws MLLP_FRAME_TOO_LARGE
   * or MLLP_NOT_FRAMED (input) after passing on the frames before the bad one; the connection is then unusable.
   */
  push(chunk: Buffer, onFrame: OnFrame): void;
  /** Returns how many bytes of an incomplete frame have arrived; 0 if no frame is incomplete. */
  heldBytes(): number;
  /** Returns how many bytes came outside of frames, without white space. */
  otherBytes(): number;
}

export interface FrameCutterOptions {
  /** True: bytes outside of frames are dropped, for example the greeting of a proxy. Otherwise they are refused. */
  readonly takesOther?: boolean;
}

export function createFrameCutter(limitBytes: number, { takesOther = false }: FrameCutterOptions = {}): FrameCutter {
  let isInside = false;
  let endsWithFs = false;
  let strayBytes = 0;
  let otherBytes = 0;
  let held = Buffer.alloc(0);
  let size = 0;

  function push(chunk: Buffer, onFrame: OnFrame): void {
    let at = 0;
    while (at < chunk.length) at = isInside ? readInside(chunk, at, onFrame) : skipToStart(chunk, at);
  }

  function skipToStart(chunk: Buffer, from: number): number {
    const start = chunk.indexOf(VT, from);
    const end = start < 0 ? chunk.length : start;
    strayBytes += end - from;
    // Some senders pad with white space.
    for (let at = from; at < end; at++) if (chunk[at]! > 0x20 && !MARK.has(chunk[at]!)) otherBytes += 1;
    if (strayBytes > STRAY_LIMIT_BYTES || (otherBytes > 0 && !takesOther))
      throw new AppError('MLLP_NOT_FRAMED', 'input', 'The peer sends bytes outside of MLLP frames.', {
        fix: 'Begin each message with 0x0B and end it with 0x1C 0x0D.',
      });
    if (start < 0) return end;
    isInside = true;
    return start + 1;
  }

  function readInside(chunk: Buffer, from: number, onFrame: OnFrame): number {
    if (endsWithFs) {
      endsWithFs = false;
      if (chunk[from] === CR) {
        onFrame(finish(held.subarray(0, size - 1)));
        return from + 1;
      }
    }
    let fs = chunk.indexOf(FS, from);
    while (fs >= 0 && fs + 1 < chunk.length && chunk[fs + 1] !== CR) fs = chunk.indexOf(FS, fs + 1);
    if (fs < 0 || fs + 1 === chunk.length) {
      hold(chunk, from, chunk.length);
      endsWithFs = fs >= 0;
      return chunk.length;
    }
    if (size === 0) checkSize(fs - from);
    else hold(chunk, from, fs);
    onFrame(finish(size === 0 ? chunk.subarray(from, fs) : held.subarray(0, size)));
    return fs + 2;
  }

  /**
   * Doubles the buffer when it is full. So a frame that arrives byte by byte costs linear time and at most twice its
   * size.
   */
  function hold(chunk: Buffer, from: number, to: number): void {
    checkSize(size + to - from);
    if (held.length < size + to - from) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_HOLD_BYTES, held.length * 2, size + to - from));
      held.copy(grown, 0, 0, size);
      held = grown;
    }
    chunk.copy(held, size, from, to);
    size += to - from;
  }

  function finish(frame: Buffer): Buffer {
    isInside = false;
    strayBytes = 0;
    held = Buffer.alloc(0);
    size = 0;
    return frame;
  }

  function checkSize(bytes: number): void {
    if (bytes > limitBytes + 1)
      throw new AppError('MLLP_FRAME_TOO_LARGE', 'input', `A message is larger than ${limitBytes} bytes.`, {
        values: { limitBytes },
        fix: 'Raise maxFrameBytes of the adapter, or send large documents by reference.',
      });
  }

  return { push, heldBytes: () => (isInside ? size + 1 : 0), otherBytes: () => otherBytes };
}

/** Returns an encoded message in an MLLP frame. */
export function frameOf(content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(VT), content, Buffer.of(FS, CR)]);
}
