import { open, readFile, rename, rm } from 'node:fs/promises';
import { Type, type Static } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import { packPlan, unpackPlan } from './pack-plan.ts';

/**
 * The plan file: the plan encrypted with the node's key, and the platform's SM2 signature over everything. A node in
 * the DMZ has no signing key. In its file, number and time are bound into the encryption instead. Since version 2 the
 * plan is compressed; version 1 is only read.
 */
const PlanFile = Type.Object(
  {
    v: Type.Union([Type.Literal(1), Type.Literal(2)]),
    number: Type.Integer({ minimum: 1 }),
    /** When control was last running. An old file may grant access that was withdrawn since. */
    writtenAt: Type.Integer({ minimum: 0 }),
    keyId: Type.String({ maxLength: 64 }),
    sealed: Type.String(),
    signature: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  { additionalProperties: false },
);
type PlanFile = Static<typeof PlanFile>;

const PLACE = { collection: 'gateway-plan', id: 'plan', field: 'plan' };
export const PLAN_MAX_AGE_MS = 24 * 3600 * 1000;

export interface PlanFileOptions {
  readonly path: string;
  readonly seal: Pick<Seal, 'seal' | 'open'>;
  readonly crypto: Crypto;
}

export interface ReadPlanOptions extends PlanFileOptions {
  readonly now: number;
  /**
   * The platform's public key, if this node knows it beforehand. Otherwise only the encryption protects the key in the
   * file.
   */
  readonly trustedPem?: string;
  /** True to accept a file older than 24 hours. Only an operator may decide this. */
  readonly force?: boolean;
}

/** Writes the plan with mode 0600. A crash leaves either the old file or the new one. */
export async function writePlanFile(plan: GatewayPlan, writtenAt: number, { path, seal, crypto }: PlanFileOptions): Promise<void> {
  const { keyId, scheme, privatePem } = plan.platformKey;
  const head = { v: 2, number: plan.number, writtenAt, keyId } as const;
  const sealed = seal.seal(privatePem === undefined ? boundPlace(head) : PLACE, await packPlan(plan));
  const signed = privatePem === undefined ? {} : { signature: await sign({ ...head, sealed }, privatePem) };
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ ...head, sealed, ...signed }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path).catch(async (error: unknown) => {
    await rm(temporary, { force: true });
    throw error;
  });

  async function sign(file: PlanFile, pem: string): Promise<string> {
    const key = crypto.importKey({ format: 'pem', pem }, scheme, 'private');
    return Buffer.from(await crypto.sign(key, signedText(file))).toString('base64url');
  }
}

/**
 * Reads a plan file. Rejects with PLAN_FILE_MISSING (input) if there is none; with PLAN_FILE_DAMAGED (input) if it was
 * changed, truncated, encrypted for another node or wrongly signed; and with PLAN_FILE_OLD (input) if it is older than
 * 24 hours, unless `force` is set.
 */
export async function readPlanFile(options: ReadPlanOptions): Promise<GatewayPlan> {
  const { path, seal, crypto, now, trustedPem, force = false } = options;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('PLAN_FILE_MISSING', 'input', `The plan file ${path} does not exist.`, {
      values: { path },
      cause,
      fix: 'Start control once with this data folder.',
    });
  });
  const file = parse(text, path);
  const plan = await unseal(file, seal, path);
  if (plan.number !== file.number || !(await isGenuine())) throw damaged(path);
  if (!force && now - file.writtenAt > PLAN_MAX_AGE_MS) {
    throw new AppError('PLAN_FILE_OLD', 'input', `The plan file ${path} was written more than 24 hours ago.`, {
      values: { path },
      fix: 'Start control so that it writes a new one, or force the old one if you know that nothing has been revoked since.',
    });
  }
  return plan;

  async function isGenuine(): Promise<boolean> {
    if (file.signature === undefined) return plan.isHandedOut === true;
    const key = crypto.importKey({ format: 'pem', pem: trustedPem ?? plan.platformKey.publicPem }, 'SM2-SM3', 'public');
    return crypto.verify(key, signedText(file), Buffer.from(file.signature, 'base64url'));
  }
}

function parse(text: string, path: string): PlanFile {
  try {
    const value: unknown = JSON.parse(text);
    if (Value.Check(PlanFile, value)) return value;
  } catch {
    // The file is not JSON, so it is damaged as well.
  }
  throw damaged(path);
}

async function unseal(file: PlanFile, seal: Pick<Seal, 'open'>, path: string): Promise<GatewayPlan> {
  try {
    const opened = seal.open(file.signature === undefined ? boundPlace(file) : PLACE, file.sealed);
    return file.v === 1 ? (JSON.parse(Buffer.from(opened).toString('utf8')) as GatewayPlan) : await unpackPlan(opened);
  } catch (cause) {
    throw damaged(path, cause);
  }
}

/**
 * Returns the place that the encryption is bound to. A file without a signature must be protected by the encryption
 * alone, so its number and time are part of the place.
 */
function boundPlace({ number, writtenAt }: Pick<PlanFile, 'number' | 'writtenAt'>) {
  return { ...PLACE, id: `handed-out ${number} ${writtenAt}` };
}

function signedText({ v, number, writtenAt, keyId, sealed }: PlanFile): Uint8Array {
  return Buffer.from(`KQ-PLAN\n${v}\n${number}\n${writtenAt}\n${keyId}\n${sealed}\n`);
}

function damaged(path: string, cause?: unknown): AppError {
  return new AppError('PLAN_FILE_DAMAGED', 'input', `The plan file ${path} is damaged, or was sealed for another node.`, {
    values: { path },
    cause,
    fix: 'Remove it and let control publish again; the node key must be the one with which it was sealed.',
  });
}
