/**
 * Extensions: one person uploads a package, another one confirms it with a reason. Then it can be enabled, disabled and
 * removed (docs/decisions/0073).
 */
import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { isLowerVersion } from '../../engine/extensions/package/compare-versions.ts';
import { readPackage } from '../../engine/extensions/package/read-package.ts';
import { verifyPackage } from '../../engine/extensions/package/verify-package.ts';
import { majorOf, versionId } from '../../engine/extensions/package/manifest.ts';
import type { ExtensionRecord } from '../../engine/extensions/extension-store.ts';
import type { Extensions } from '../../engine/extensions/open-extensions.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { existing } from '../access/domains.ts';
import { onlyPage, pageOf, type Page } from '../action/pages.ts';
import type { FlowUses } from '../flows/flow-uses.ts';
import { staleRevision } from '../registry/revisioned-store.ts';
import { Reason } from '../requests/requestable-actions.ts';
import { exists, notWaiting, ownUpload, stillWaiting, tooMany } from './extension-refusals.ts';
import { lastEnabled, refuseRemoval, refuseUpgrade } from './refuse-in-use.ts';
import { showExtension, type ShownExtension } from './show-extension.ts';

export interface ExtensionServices {
  readonly extensions: Extensions;
  readonly crypto: Crypto;
  readonly flowUses: FlowUses;
  readonly clock: Clock;
}

const MOST_VERSIONS = 200;
/** `x-acme-lab@1.2.0` */
const id = Type.String({ pattern: '^x-[a-z0-9-]{1,40}@[0-9.]{5,14}$' });
const atRevision = { id, revision: Type.Integer({ minimum: 1 }) };

export function extensionActions(services: ExtensionServices): readonly Action[] {
  return [
    listExtensions(services),
    uploadExtension(services),
    installExtension(services),
    enableExtension(services),
    disableExtension(services),
    removeExtension(services),
  ];
}

function listExtensions({ extensions, flowUses }: ExtensionServices): Action {
  return defineAction({
    name: 'extensions.list',
    right: 'system.read',
    domain: 'filtered',
    text: { 'zh-CN': '扩展：版本、状态、权限、使用它的流程', en: 'Extensions: versions, state, permissions, flows that use them' },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish): Promise<Page<ShownExtension>> {
      const [records, uses] = await Promise.all([extensions.store.list(), flowUses.of('extension')]);
      const sorted = records.toSorted(
        (a, b) => a.extensionId.localeCompare(b.extensionId) || (isLowerVersion(a.version, b.version) ? 1 : -1),
      );
      const { items, ...rest } = pageOf(sorted, (record) => [sorted.indexOf(record)], wish);
      return { items: items.map((record) => showExtension(record, extensions.manifestOf(record._id), uses, domains)), ...rest };
    },
  });
}

function uploadExtension({ extensions, crypto, clock }: ExtensionServices): Action {
  return defineAction({
    name: 'extensions.upload',
    right: 'extensions.edit',
    domain: 'all',
    text: { 'zh-CN': '上传扩展包；须由另一人确认后才能使用', en: 'Upload the package of an extension, for another person to confirm' },
    input: Type.Object(
      { content: Type.String({ maxLength: 6_000_000, pattern: '^[A-Za-z0-9+/]*={0,2}$', description: 'The package, base64' }) },
      closed,
    ),
    audited: true,
    async run(ctx, { content }): Promise<{ readonly id: string; readonly digest: string }> {
      const bytes = Buffer.from(content, 'base64');
      const read = await readPackage(bytes, crypto);
      await verifyPackage(read, extensions.store.keys, crypto);
      const { manifest, signature } = read;
      const [_id, at, by] = [versionId(manifest), clock.now(), ctx.actor.account];
      ctx.note.subject = _id;
      if ((await extensions.store.list()).length >= MOST_VERSIONS) throw tooMany(MOST_VERSIONS);
      const digest = Buffer.from(crypto.digest('sm3', bytes)).toString('hex');
      const record: ExtensionRecord = {
        ...{ _id, revision: 1, extensionId: manifest.id, version: manifest.version, line: `${manifest.id}@${majorOf(manifest.version)}` },
        ...{ publisher: manifest.publisher, key: signature.key, digest, sizeBytes: bytes.length },
        ...{ state: 'waiting', uploadedBy: by, uploadedAt: at, since: at, by },
      };
      if (!(await extensions.store.add(record, bytes))) throw exists(_id);
      ctx.note.after = { digest, publisher: manifest.publisher, connect: manifest.permissions.connect };
      return { id: _id, digest };
    },
  });
}

function installExtension({ extensions: { store }, clock }: ExtensionServices): Action {
  return defineAction({
    name: 'extensions.install',
    right: 'extensions.approve',
    domain: 'all',
    text: { 'zh-CN': '确认他人上传的扩展并说明理由，使其可用', en: 'Confirm an extension that another person uploaded, with a reason' },
    input: Type.Object({ id, digest: Type.String({ pattern: '^[0-9a-f]{64}$' }), reason: Reason }, closed),
    audited: true,
    stepUp: true,
    subject: (input) => input.id,
    async run(ctx, input): Promise<{ readonly state: ExtensionRecord['state'] }> {
      const record = existing(await store.get(input.id), input.id);
      ctx.note.reason = input.reason;
      if (record.state !== 'waiting') throw notWaiting(input.id);
      if (record.uploadedBy === ctx.actor.account) throw ownUpload(input.id);
      if (record.digest !== input.digest) throw staleRevision(input, record);
      // A version that would replace another one waits until it is enabled: that may change what flows do.
      const hasOther = lastEnabled((await store.list()).filter(({ line }) => line === record.line)) !== undefined;
      const [at, by, state] = [clock.now(), ctx.actor.account, hasOther ? ('disabled' as const) : ('enabled' as const)];
      await change(store, record, {
        ...{ state, since: at, by, confirmedBy: by, confirmedAt: at },
        ...(hasOther ? {} : { enabledAt: at }),
      });
      ctx.note.after = { state, uploadedBy: record.uploadedBy };
      return { state };
    },
  });
}

function enableExtension({ extensions, crypto, flowUses, clock }: ExtensionServices): Action {
  return defineAction({
    name: 'extensions.enable',
    right: 'extensions.edit',
    domain: 'all',
    text: {
      'zh-CN': '启用扩展的一个版本；同一主版本的其他版本随之停用',
      en: 'Enable a version of an extension; others with the same first number are disabled',
    },
    input: Type.Object(atRevision, closed),
    audited: true,
    subject: (input) => input.id,
    async run(ctx, input): Promise<{ readonly state: ExtensionRecord['state'] }> {
      const { store } = extensions;
      const record = existing(await store.get(input.id), input.id);
      if (record.state === 'waiting') throw stillWaiting(input.id);
      const bytes = existing(await store.packageOf(record), input.id);
      const next = await readPackage(bytes, crypto);
      await verifyPackage(next, store.keys, crypto);
      const others = (await store.list()).filter((other) => other.line === record.line && other._id !== record._id);
      const uses = (await flowUses.of('extension')).get(record.line) ?? [];
      const last = lastEnabled([record, ...others]);
      if (last !== undefined && last._id !== record._id) {
        const { manifest } = await readPackage(existing(await store.packageOf(last), last._id), crypto);
        refuseUpgrade(record, next.manifest, manifest.nodes, uses);
      }
      const set = { since: clock.now(), by: ctx.actor.account };
      await change(store, { ...record, revision: input.revision }, { ...set, state: 'enabled', enabledAt: set.since }, ['fault']);
      for (const other of others) if (other.state === 'enabled') await change(store, other, { ...set, state: 'disabled' });
      ctx.note.after = { state: 'enabled' };
      return { state: 'enabled' };
    },
  });
}

function disableExtension({ extensions: { store }, clock }: ExtensionServices): Action {
  return defineAction({
    name: 'extensions.disable',
    right: 'extensions.edit',
    domain: 'all',
    text: {
      'zh-CN': '停用扩展并说明理由；使用它的流程的消息将等待重试',
      en: 'Disable an extension with a reason; messages of flows that use it wait and are tried again',
    },
    input: Type.Object({ ...atRevision, reason: Reason }, closed),
    audited: true,
    subject: (input) => input.id,
    async run(ctx, input): Promise<{ readonly state: ExtensionRecord['state'] }> {
      const record = existing(await store.get(input.id), input.id);
      ctx.note.reason = input.reason;
      if (record.state === 'waiting') throw stillWaiting(input.id);
      await change(store, { ...record, revision: input.revision }, { state: 'disabled', since: clock.now(), by: ctx.actor.account }, [
        'fault',
      ]);
      ctx.note.after = { state: 'disabled' };
      return { state: 'disabled' };
    },
  });
}

function removeExtension({ extensions: { store }, flowUses }: ExtensionServices): Action {
  return defineAction({
    name: 'extensions.remove',
    right: 'extensions.edit',
    domain: 'all',
    text: { 'zh-CN': '移除没有流程使用的扩展版本', en: 'Remove a version of an extension that no flow uses' },
    input: Type.Object({ id }, closed),
    audited: true,
    subject: (input) => input.id,
    async run(ctx, input) {
      const record = existing(await store.get(input.id), input.id);
      if (record.state !== 'waiting') refuseRemoval(record, await store.list(), (await flowUses.of('extension')).get(record.line) ?? []);
      await store.remove(record);
      ctx.note.before = { state: record.state, digest: record.digest };
      return {};
    },
  });
}

async function change(
  store: Extensions['store'],
  { _id, revision }: ExtensionRecord,
  set: Partial<ExtensionRecord>,
  unset?: readonly string[],
): Promise<void> {
  if ((await store.change(_id, revision, set, unset)) === undefined) throw staleRevision({ _id, ...set }, await store.get(_id));
}
