/** Runs commands of the command line in this process: what they print, tell and exit with. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createProgram } from '../../cli/main.ts';
import { EXIT, exitCodeOf } from '../../cli/shared/exit-codes.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly error: unknown;
}

/** `answers` reply to the questions in turn. */
export type Run = (args: readonly string[], answers?: readonly string[]) => Promise<Ended>;

export function inProcess(t: TestContext, address = 'http://127.0.0.1:1'): { readonly run: Run; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'kq-cli-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const run: Run = async (args, answers = []) => {
    const [out, err, left]: [string[], string[], string[]] = [[], [], [...answers]];
    const program = createProgram({
      print: (text) => void out.push(text),
      tell: (text) => void err.push(text),
      ask: (question) => {
        const answer = left.shift();
        return answer === undefined ? Promise.reject(new Error(`nobody answers ${question}`)) : Promise.resolve(answer);
      },
      signal: new AbortController().signal,
    });
    let error: unknown;
    try {
      await program.parseAsync(['--data', folder, '--address', address, ...args], { from: 'user' });
    } catch (problem) {
      error = problem;
    }
    const code = error === undefined ? Number(process.exitCode ?? EXIT.ok) : exitCodeOf(error);
    // The exit code is that of the command, not of the tests.
    process.exitCode = undefined;
    return { code, out: out.join('\n'), err: err.join('\n'), error };
  };
  return { run, folder };
}
