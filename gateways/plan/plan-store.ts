/**
 * Stores the plan of the gateways in a store that processes share. The plan is encrypted and cut into pieces, because
 * stores limit the size of a document. A further document, the head, names the current plan; one conditional update of
 * it makes a plan current. A piece that was changed, or belongs to another plan, cannot be decrypted.
 */
import { Type } from 'typebox';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import { digestOfPlan, packPlan, unpackPlan } from './pack-plan.ts';

export interface PlanStore {
  /** Makes the plan current, unless the current one has the same or a higher number. Returns the current plan. */
  put(plan: GatewayPlan): Promise<GatewayPlan>;
  /** Returns the current plan if its number is above `than`. Rejects with SEAL_BROKEN (bug) if the plan was changed. */
  newer(than: number): Promise<GatewayPlan | undefined>;
}

interface PlanHead extends StoredDocument {
  readonly number: number;
  /** Number of the previous plan, which is kept for processes that are reading it now. */
  readonly before: number;
  readonly pieces: number;
  /** Digest of everything except number and time. */
  readonly digest: string;
}

interface PlanPiece extends StoredDocument {
  readonly text: string;
}

const headsSpec: CollectionSpec<PlanHead> = {
  name: 'gateway_plans',
  schema: Type.Object({ _id: Type.String(), number: Type.Integer() }, { additionalProperties: true }),
  indexes: [],
};
const piecesSpec: CollectionSpec<PlanPiece> = {
  name: 'gateway_plan_pieces',
  schema: Type.Object({ _id: Type.String(), text: Type.String() }, { additionalProperties: true }),
  indexes: [],
};

const HEAD = 'current';
const PIECE_CHARS = 1_000_000;

export async function openPlanStore({
  documents,
  seal,
  crypto,
}: {
  readonly documents: Documents;
  readonly seal: Pick<Seal, 'seal' | 'open'>;
  readonly crypto: Pick<Crypto, 'createHash'>;
}): Promise<PlanStore> {
  const heads = await documents.open(headsSpec);
  const pieces = await documents.open(piecesSpec);

  async function newer(than: number): Promise<GatewayPlan | undefined> {
    for (;;) {
      const head = await heads.get(HEAD);
      if (head === undefined || head.number <= than) return undefined;
      const texts = await readPieces(pieces, head);
      // Two later plans were stored while this one was read, so its pieces were deleted. Start again.
      if (texts === undefined) continue;
      return unpackPlan(seal.open(placeOf(head.number), texts.join('')));
    }
  }

  return {
    newer,
    async put(plan) {
      const digest = await digestOfPlan(plan, crypto);
      const old = await heads.get(HEAD);
      if (old?.digest === digest || (old?.number ?? 0) >= plan.number) return (await newer(0)) ?? plan;
      const text = seal.seal(placeOf(plan.number), await packPlan(plan));
      const count = Math.ceil(text.length / PIECE_CHARS);
      for (let index = 0; index < count; index += 1)
        await pieces.insert({ _id: pieceId(plan.number, index), text: text.slice(index * PIECE_CHARS, (index + 1) * PIECE_CHARS) });
      const head: PlanHead = { _id: HEAD, number: plan.number, before: old?.number ?? 0, pieces: count, digest };
      const isCurrent =
        (await heads.insert(head, { durability: 'full' })).inserted ||
        (await heads.replaceIf(head, { number: { lt: plan.number } }, { durability: 'full' })).outcome === 'patched';
      await dropPieces(pieces, isCurrent ? (old?.before ?? 0) : plan.number);
      return isCurrent ? plan : ((await newer(0)) ?? plan);
    },
  };
}

async function readPieces(pieces: Collection<PlanPiece>, head: PlanHead): Promise<readonly string[] | undefined> {
  const texts: string[] = [];
  for (let index = 0; index < head.pieces; index += 1) {
    const piece = await pieces.get(pieceId(head.number, index));
    if (piece === undefined) return undefined;
    texts.push(piece.text);
  }
  return texts;
}

async function dropPieces(pieces: Collection<PlanPiece>, number: number): Promise<void> {
  for (let index = 0; await pieces.remove(pieceId(number, index)); index += 1);
}

function pieceId(number: number, index: number): string {
  return `${number}/${index}`;
}

function placeOf(number: number) {
  return { collection: piecesSpec.name, id: String(number), field: 'text' };
}
