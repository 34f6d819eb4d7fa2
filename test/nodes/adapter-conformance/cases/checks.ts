/** What every failure owes to the person who reads it. */
import assert from 'node:assert/strict';
import { errorTemplates, errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../../../../engine/contract/values/errors.ts';
import type { Place } from '../subject.ts';

/** More than any limit of the adapters of the kit, on a machine that has much else to do. */
const PATIENCE_MS = 20_000;

/** The error that the work ends with, by itself and in time. */
export async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it did not end within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  const outcome = await Promise.race([
    work.then(
      () => undefined,
      (error: unknown) => error,
    ),
    late.promise,
  ]).finally(() => clearTimeout(timer));
  assert.ok(outcome !== undefined, 'it succeeded');
  assert.ok(outcome instanceof AppError, `not an AppError: ${outcome instanceof Error ? outcome.stack : String(outcome)}`);
  return outcome;
}

/** It has a code, Chinese and English words and what to do, names the place, and holds nothing secret. */
export function assertExplained(error: AppError | ErrorRecord, place: Place | undefined, secrets: readonly string[]): void {
  const record = error instanceof AppError ? toErrorRecord(error) : error;
  const shown = JSON.stringify(record);
  assert.ok(Object.hasOwn(errorTemplates, record.code), `no Chinese text: ${shown}`);
  for (const language of ['zh-CN', 'en'] as const) {
    const { what, fix } = errorText(record, language);
    assert.ok(fix !== undefined && fix !== '', `it does not say what to do (${language}): ${shown}`);
    assert.ok(language === 'en' || /\p{Script=Han}/u.test(what + fix), `not Chinese: ${what}`);
    assert.ok(language === 'en' || !hasEnglish(what), `English in Chinese: ${what}`);
    assert.ok(!what.includes('—'), `a value is missing: ${what}`);
    if (place === undefined) continue;
    for (const part of [place.host, String(place.port)])
      assert.ok(what.includes(part), `it does not name ${part}: ${what} (${record.code})`);
  }
  for (const secret of secrets) assert.ok(!shown.includes(secret), `it holds a secret: ${shown}`);
}

/** The parts of credentials that must be nowhere: passwords and keys, not names of users. */
export function secretsOf(...credentials: readonly (string | undefined)[]): readonly string[] {
  return credentials.flatMap((credential) => {
    if (credential === undefined || credential === '') return [];
    const password = credential.includes('\n') ? credential.split('\n')[1]! : credential.slice(credential.indexOf(':') + 1);
    return [credential, password];
  });
}

/** Words of a library are quoted. */
function hasEnglish(chinese: string): boolean {
  return /[a-z]{2,} [a-z]{2,}/i.test(chinese.replaceAll(/原文：“[^”]*”/g, ''));
}
