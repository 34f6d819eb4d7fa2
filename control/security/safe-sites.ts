/** Actions for the sites that the user front trusts. */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { canonicalSite, SafeSite } from '../../gateways/documents/safe-site.ts';
import { existing } from '../access/domains.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { onlyPage, pageOf } from '../action/pages.ts';
import { requireSameId } from '../action/require-same-id.ts';
import type { SecurityServices } from './security-services.ts';

const SiteId = Type.String({ maxLength: 64 });

export function safeSiteActions(services: SecurityServices): readonly Action[] {
  return [listSafeSites(services), saveSafeSite(services), removeSafeSite(services)];
}

function listSafeSites({ registry }: SecurityServices): Action {
  return defineAction({
    name: 'safe-sites.list',
    right: 'callers.read',
    // No domain is required, because the user front checks the requests of every domain with these sites.
    domain: 'none',
    text: { 'zh-CN': '安全域名列表', en: 'List safe sites' },
    input: onlyPage,
    audited: false,
    run: async (_ctx, wish) => pageOf(await registry.safeSites.list(), ({ siteId }) => [siteId], wish),
  });
}

function saveSafeSite({ registry, plans }: SecurityServices): Action {
  return defineAction({
    name: 'safe-sites.save',
    right: 'callers.edit',
    domain: 'all',
    text: { 'zh-CN': '保存安全域名', en: 'Save a safe site' },
    input: Type.Object({ siteId: SiteId, document: SafeSite }, closed),
    audited: true,
    subject: ({ document }) => document.origin,
    async run(ctx, { siteId, document }) {
      requireSameId(document.siteId, siteId);
      const origin = canonicalSite(document.origin);
      if (origin === undefined) throw notASite(document.origin);
      const before = await registry.safeSites.get(siteId);
      const { reason: _reason, ...saved } = await registry.safeSites.save({ ...document, origin });
      ctx.note.before = before && { uses: before.uses, revision: before.revision };
      ctx.note.after = { uses: saved.uses, revision: saved.revision };
      plans.changed();
      return { ...saved, reason: document.reason };
    },
  });
}

function removeSafeSite({ registry, plans }: SecurityServices): Action {
  return defineAction({
    name: 'safe-sites.remove',
    right: 'callers.edit',
    domain: 'all',
    text: { 'zh-CN': '删除安全域名', en: 'Delete a safe site' },
    input: Type.Object({ siteId: SiteId }, closed),
    audited: true,
    subject: ({ siteId }) => siteId,
    async run(ctx, { siteId }) {
      const { origin, uses } = existing(await registry.safeSites.get(siteId), siteId);
      ctx.note.before = { origin, uses };
      const removed = await registry.safeSites.remove(siteId);
      plans.changed();
      return { removed };
    },
  });
}

function notASite(value: string): AppError {
  return new AppError('SAFE_SITE_INVALID', 'input', `${value} is not a site.`, {
    values: { value },
    fix: 'Write https://host or https://host:port, without a path; *. at the start of the host stands for all subdomains.',
  });
}
