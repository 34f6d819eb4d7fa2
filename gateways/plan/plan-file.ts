import { open, readFile, rename, rm } from 'node:fs/promises';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError } from '../../engine/contract/errors.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Seal } from '../../engine/contract/seal.ts';
import type { GatewayPlan } from '../contract.ts';

/** The file: the plan sealed under the node's key, and the platform's SM2 signature over all of it. */
const PlanFile = Compile(
  Type.Object(
    {
      v: Type.Literal(1),
      number: Type.Integer({ minimum: 1 }),
      /** Control was alive then; an old file may grant what has been withdrawn since. */
      writtenAt: Type.Integer({ minimum: 0 }),
      keyId: Type.String({ maxLength: 64 }),
      sealed: Type.String(),
      signature: Type.String({ maxLength: 1000 }),
    },
    { additionalProperties: false },
  ),
);

const PLACE = { collection: 'gateway-plan', id: 'plan', field: 'plan' };
export const PLAN_MAX_AGE_MS = 24 * 3600 * 1000;

export interface PlanFileOptions {
  readonly path: string;
  readonly seal: Pick<Seal, 'seal' | 'openText'>;
  readonly crypto: Crypto;
}

export interface ReadPlanOptions extends PlanFileOptions {
  readonly now: number;
  /** The platform's public key, when this node knows it beforehand; else the seal alone vouches for the key within. */
  readonly trustedPem?: string;
  /** Take a file older than 24 hours: an operator's decision. */
  readonly force?: boolean;
}

/** Writes the plan so that a crash leaves the old file or the new one, mode 0600. */
export async function writePlanFile(plan: GatewayPlan, writtenAt: number, { path, seal, crypto }: PlanFileOptions): Promise<void> {
  const { keyId, scheme, privatePem } = plan.platformKey;
  const sealed = seal.seal(PLACE, JSON.stringify(plan));
  const key = crypto.importKey({ format: 'pem', pem: privatePem }, scheme, 'private');
  const signature = Buffer.from(await crypto.sign(key, signedText(plan.number, writtenAt, keyId, sealed))).toString('base64url');
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ v: 1, number: plan.number, writtenAt, keyId, sealed, signature }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path).catch(async (error: unknown) => {
    await rm(temporary, { force: true });
    throw error;
  });
}

/**
 * Reads a plan file. PLAN_FILE_MISSING, PLAN_FILE_DAMAGED (changed, cut off, sealed for another node, or wrongly signed),
 * PLAN_FILE_OLD (over 24 hours; `force` takes it all the same); all of kind input.
 */
export async function readPlanFile(options: ReadPlanOptions): Promise<GatewayPlan> {
  const { path, seal, crypto, now, trustedPem, force = false } = options;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('PLAN_FILE_MISSING', 'input', `There is no plan file at ${path}.`, {
      values: { path },
      cause,
      fix: 'Let control publish once, or copy the file from a sibling.',
    });
  });
  const file = parse(text, path);
  const plan = unseal(file.sealed, seal, path);
  const pem = trustedPem ?? plan.platformKey.publicPem;
  const key = crypto.importKey({ format: 'pem', pem }, 'SM2-SM3', 'public');
  const isSigned = await crypto.verify(
    key,
    signedText(file.number, file.writtenAt, file.keyId, file.sealed),
    Buffer.from(file.signature, 'base64url'),
  );
  if (!isSigned || plan.number !== file.number) throw damaged(path);
  if (!force && now - file.writtenAt > PLAN_MAX_AGE_MS) {
    throw new AppError('PLAN_FILE_OLD', 'input', `The plan file ${path} was written more than 24 hours ago.`, {
      values: { path },
      fix: 'Start control so that it writes a new one, or force the old one if you know that nothing was withdrawn since.',
    });
  }
  return plan;
}

function parse(text: string, path: string): { number: number; writtenAt: number; keyId: string; sealed: string; signature: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (PlanFile.Check(value)) return value;
  } catch {
    // Not JSON: the same as not ours.
  }
  throw damaged(path);
}

function unseal(sealed: string, seal: Pick<Seal, 'openText'>, path: string): GatewayPlan {
  try {
    return JSON.parse(seal.openText(PLACE, sealed)) as GatewayPlan;
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function signedText(number: number, writtenAt: number, keyId: string, sealed: string): Uint8Array {
  return Buffer.from(`KQ-PLAN\n1\n${number}\n${writtenAt}\n${keyId}\n${sealed}\n`);
}

function damaged(path: string, cause?: unknown): AppError {
  return new AppError('PLAN_FILE_DAMAGED', 'input', `The plan file ${path} is damaged, or was sealed for another node.`, {
    values: { path },
    cause,
    fix: 'Remove it and let control publish again; the node key must be the one it was sealed with.',
  });
}
