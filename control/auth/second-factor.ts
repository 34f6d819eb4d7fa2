/**
 * The second factor: time-based one-time passwords (RFC 6238: SHA-1, six digits, 30 s, as every authenticator app
 * supports), and recovery codes for a lost phone. The secret is stored encrypted and recovery codes as digests. Each
 * code works once.
 */
import { Secret, TOTP } from 'otpauth';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { AccountStore } from './account-store.ts';

const PERIOD_S = 30;
/**
 * The codes of the previous and the next 30 s are accepted too, because clocks of phones may differ by some seconds.
 */
const WINDOW = 1;
const SECRET_BYTES = 20;
const RECOVERY_CODES = 10;
/** 80 random bits cannot be guessed, so the digest needs no salt and no slow hash. */
const RECOVERY_BYTES = 10;

export interface SecondFactors {
  /**
   * Creates a new secret, shown only to the owner of the account. It takes effect once `confirm` receives a right code.
   */
  begin(account: string): Promise<{ readonly secret: string; readonly uri: string }>;
  /**
   * Activates the new secret and returns the recovery codes, which are not shown again. Rejects with SECOND_FACTOR_CODE
   * or SECOND_FACTOR_NOT_BEGUN (input).
   */
  confirm(account: string, code: string): Promise<readonly string[]>;
  /**
   * Accepts a code of the app or a recovery code, and uses it up. Rejects with CLAIMS_FORGOTTEN (transient) if the
   * shared state was lost after the code became valid, because the code may have been used.
   */
  isRight(account: string, code: string): Promise<boolean>;
}

export interface SecondFactorDeps {
  readonly accounts: AccountStore;
  readonly seal: Seal;
  readonly shared: SharedState;
  readonly crypto: Crypto;
  readonly clock: Clock;
}

export function createSecondFactors({ accounts, seal, shared, crypto, clock }: SecondFactorDeps): SecondFactors {
  const digest = (code: string) => Buffer.from(crypto.digest('sm3', plainCode(code))).toString('hex');
  const open = (account: string, sealed: string) => totpOf(account, Secret.fromBase32(seal.openText(place(account), sealed)));

  async function isFresh(account: string, totp: TOTP, code: string): Promise<boolean> {
    const now = clock.now();
    const delta = totp.validate({ token: code, window: WINDOW, timestamp: now });
    if (delta === null) return false;
    const step = Math.floor(now / 1000 / PERIOD_S) + delta;
    const bornAt = (step - WINDOW) * PERIOD_S * 1000;
    return shared.claimOnce(`totp:${account}:${step}`, (2 * WINDOW + 2) * PERIOD_S * 1000, undefined, bornAt);
  }

  return {
    async begin(account) {
      const secret = new Secret({ buffer: new Uint8Array(crypto.randomBytes(SECRET_BYTES)).buffer });
      await accounts.beginSecondFactor(account, seal.seal(place(account), secret.base32));
      return { secret: secret.base32, uri: totpOf(account, secret).toString() };
    },
    async confirm(account, code) {
      const pending = (await accounts.secondFactorOf(account))?.pending;
      if (pending === undefined) throw notBegun();
      if (!(await isFresh(account, open(account, pending), plainCode(code)))) throw wrongCode();
      const codes = Array.from({ length: RECOVERY_CODES }, () => recoveryCode(crypto));
      if (!(await accounts.confirmSecondFactor(account, pending, codes.map(digest)))) throw notBegun();
      return codes;
    },
    async isRight(account, code) {
      const factor = await accounts.secondFactorOf(account);
      if (factor?.sealed === undefined) return false;
      if (/^\d{6}$/.test(plainCode(code))) return isFresh(account, open(account, factor.sealed), plainCode(code));
      return accounts.takeRecoveryCode(account, digest(code));
    },
  };
}

function totpOf(account: string, secret: Secret): TOTP {
  return new TOTP({ issuer: 'Kangqiao', label: account, algorithm: 'SHA1', digits: 6, period: PERIOD_S, secret });
}

function place(account: string) {
  return { collection: 'accounts', id: account, field: 'second-factor' };
}

/** Returns the code without spaces and hyphens, in capital letters: people type codes in groups or in small letters. */
function plainCode(code: string): string {
  return code.replaceAll(/[\s-]/g, '').toUpperCase();
}

function recoveryCode(crypto: Crypto): string {
  const text = new Secret({ buffer: new Uint8Array(crypto.randomBytes(RECOVERY_BYTES)).buffer }).base32;
  return text.match(/.{4}/g)!.join('-');
}

export function wrongCode(): AppError {
  return new AppError('SECOND_FACTOR_CODE', 'input', 'The code is wrong or was already used.', {
    fix: 'Enter the current code of the authenticator app; each code can be used once. Check the clock of the phone.',
  });
}

function notBegun(): AppError {
  return new AppError('SECOND_FACTOR_NOT_BEGUN', 'input', 'No second factor is being set up.', {
    fix: 'Begin with POST /api/v1/me/second-factor, which returns a secret for the authenticator app.',
  });
}
