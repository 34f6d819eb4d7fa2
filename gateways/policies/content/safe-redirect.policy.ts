import { Type } from 'typebox';
import { definePolicy, type Exchange } from '../../contract.ts';
import { refuse } from '../../errors.ts';

const UNSAFE = refuse('GW50201', {
  text: {
    'zh-CN': '后端要求跳转到未登记的站点，网关已拦截：请联系接口负责方',
    en: 'The service redirects to a site that is not listed, so the gateway stopped it: tell the owner of the interface.',
  },
});

/**
 * Lets responses of the user front redirect only to safe sites or within the gateway, so that a link to the gateway
 * cannot lead a citizen to a forged page.
 */
export default definePolicy({
  name: 'safe-redirect',
  stage: 'respond',
  fronts: ['user'],
  text: {
    label: { 'zh-CN': '安全跳转', en: 'Safe redirects' },
    help: {
      'zh-CN': '响应只能跳转到“安全”页登记的站点或本网关；其他跳转返回 GW50201。',
      en: 'Responses may redirect only to the sites of the page Security, or within the gateway; others become GW50201.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile:
    (_options, _target, _front, { clock }) =>
    (exchange) => {
      const { answer, plan } = exchange;
      if (answer === undefined || !plan.safeSites.checks('redirect')) return undefined;
      const { location, refresh } = answer.headers;
      const targets = [location, refresh === undefined ? undefined : targetOfRefresh(refresh)];
      return targets.every((target) => target === undefined || isSafe(exchange, target, clock.now())) ? undefined : UNSAFE;
    },
});

/**
 * Resolves the target as a browser does: `//host` and `\\host` lead elsewhere. `https:host` does so only from a page
 * without TLS, so a target that depends on the page is not safe.
 */
function isSafe({ host, plan }: Exchange, target: string, now: number): boolean {
  const own = `https://${host}`;
  const plain = `http://${host}`;
  if (!URL.canParse(target, own) || !URL.canParse(target, plain)) return false;
  const { origin, host: to } = new URL(target, own);
  if (new URL(target, plain).host !== to) return false;
  return origin === new URL(own).origin || plan.safeSites.find('redirect', origin, now) !== undefined;
}

/** Returns the address in `5; url=https://…`; undefined if the page only loads itself again. */
function targetOfRefresh(value: string): string | undefined {
  const at = value.search(/[;,]/);
  if (at < 0) return undefined;
  const target = value.slice(at + 1).trim();
  const isNamed = target.slice(0, 3).toLowerCase() === 'url';
  const written = isNamed ? target.slice(target.indexOf('=') + 1).trim() : target;
  return written.replaceAll(/^["']|["']$/g, '');
}
