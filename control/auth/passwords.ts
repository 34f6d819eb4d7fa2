/**
 * Passwords are hashed with scrypt. The parameters are stored beside the hash, so that they can be raised later. A
 * check takes the same time whether or not the account exists.
 */
import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { AppError, type Issue } from '../../engine/contract/values/errors.ts';

export interface PasswordCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export interface PasswordHash extends PasswordCost {
  readonly algorithm: 'scrypt';
  readonly salt: string;
  readonly hash: string;
}

/** Cost of 2^15 blocks of 8: about 32 MB and 60 ms per check. */
const COST: PasswordCost = { N: 2 ** 15, r: 8, p: 1 };
const HASH_BYTES = 32;
const MIN_LENGTH = 12;
const MAX_LENGTH = 200;
/** Characters of one-time passwords, without those that look alike. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789';

export async function hashPassword(password: string, cost = COST): Promise<PasswordHash> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  return { algorithm: 'scrypt', ...cost, salt: salt.toString('base64url'), hash: hash.toString('base64url') };
}

/** Returns true if the password matches. Without a stored hash, returns false after the same time as a real check. */
export async function verifyPassword(password: string, stored: PasswordHash | undefined): Promise<boolean> {
  const salt = stored === undefined ? randomBytes(16) : Buffer.from(stored.salt, 'base64url');
  const hash = await derive(password, salt, stored ?? COST);
  return stored !== undefined && timingSafeEqual(hash, Buffer.from(stored.hash, 'base64url'));
}

/** Returns a random password of 20 characters in groups of five: about 116 bits, easy to copy from a terminal. */
export function oneTimePassword(): string {
  const characters = Array.from({ length: 20 }, () => ALPHABET[randomInt(ALPHABET.length)]);
  return [0, 5, 10, 15].map((start) => characters.slice(start, start + 5).join('')).join('-');
}

/** Throws PASSWORD_WEAK (input), with an issue for every rule that the password breaks. */
export function checkPassword(password: string, account: string): void {
  const problems = [
    password.length < MIN_LENGTH && problemOf('short', `must have at least ${MIN_LENGTH} characters`, MIN_LENGTH),
    password.length > MAX_LENGTH && problemOf('long', `must have at most ${MAX_LENGTH} characters`, MAX_LENGTH),
    kindsOfCharacters(password) < 3 &&
      problemOf('mix', 'must contain three of: lower-case letters, upper-case letters, digits, other characters'),
    account.length > 0 && password.toLowerCase().includes(account.toLowerCase()) && problemOf('name', 'must not contain the account name'),
    new Set(password).size < 6 && problemOf('same', 'must have at least six different characters'),
  ].filter((problem) => problem !== false);
  if (problems.length === 0) return;
  throw new AppError('PASSWORD_WEAK', 'input', `The new password ${problems.map(({ message }) => message).join('; ')}.`, {
    issues: problems,
    fix: 'Choose a longer password with more kinds of characters.',
  });
}

function problemOf(problem: string, message: string, limit?: number): Issue {
  const values = { problem, ...(limit === undefined ? {} : { limit }) };
  return { path: '/newPassword', code: 'PASSWORD_WEAK', message, severity: 'error', values };
}

function kindsOfCharacters(password: string): number {
  return [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{Ll}\p{Lu}\p{Nd}]/u].filter((kind) => kind.test(password)).length;
}

function derive(password: string, salt: Buffer, { N, r, p }: PasswordCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
