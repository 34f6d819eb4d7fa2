import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError } from '../../contract.ts';
import type { BlockedCaller } from '../../documents/blocked-caller.ts';
import { refuse } from '../../errors.ts';
import { userOf } from '../../shared/caller-of.ts';

const DEVICE_HEADER = 'x-device-id';
const LONGEST_ID = 200;
const WITHOUT_DEVICE = refuse('GW40001', {
  text: {
    'zh-CN': '请求缺少设备标识，或设备标识与令牌不一致：按接口文档携带后重新发送',
    en: 'The device id is missing or differs from the token: send it as the documents of the interface say.',
  },
});

/**
 * Refuses citizens and devices on the black list. It runs when the token and, if there is one, the signature have been
 * verified, so that no one can find out whether another person is on the list.
 */
export default definePolicy({
  name: 'blocked-caller',
  stage: 'grant',
  fronts: ['user'],
  text: {
    label: { 'zh-CN': '用户与设备黑名单', en: 'Blocked users and devices' },
    help: {
      'zh-CN': '拒绝“安全”页黑名单中的用户（令牌的 sub）和设备，返回 GW40306。',
      en: 'Refuses the users (sub of the token) and devices that the page Security blocks, with GW40306.',
    },
  },
  options: Type.Object(
    {
      deviceHeader: Type.Optional(
        Type.String({
          ...fieldText('设备标识请求头', 'Header with the device id', '不填时为 X-Device-Id。', 'X-Device-Id if left out.', {
            example: 'X-Device-Id',
            pattern: ['只含字母、数字和连字符，1 到 64 个字符', 'Letters, digits and hyphens, 1 to 64 characters'],
          }),
          pattern: '^[A-Za-z0-9-]{1,64}$',
        }),
      ),
      deviceClaim: Type.Optional(
        Type.String({
          ...fieldText(
            '令牌中的设备标识',
            'Claim with the device id',
            '令牌绑定设备时填写声明的名称；请求头须与它一致，以防伪造。',
            'The name of the claim, if tokens are bound to devices. The header must have the same value, so it cannot be forged.',
            { example: 'device_id' },
          ),
          minLength: 1,
          maxLength: 64,
        }),
      ),
      requiresDevice: Type.Optional(
        Type.Boolean({
          ...fieldText(
            '必须携带设备标识',
            'Requires a device id',
            '没有设备标识的请求返回 GW40001；否则去掉请求头即可绕过设备黑名单。',
            'Requests without a device id get GW40001. Otherwise a blocked device may leave the header out.',
          ),
        }),
      ),
    },
    { additionalProperties: false },
  ),
  isDefault: () => true,
  isOptional: () => false,
  compile({ deviceHeader = DEVICE_HEADER, deviceClaim, requiresDevice = false }, _target, _front, { clock }) {
    const header = deviceHeader.toLowerCase();
    return (exchange) => {
      const { plan } = exchange;
      const now = clock.now();
      const user = userOf(exchange);
      if (user !== undefined && plan.isBlocked('user', user.subject, user.issuer, now)) return refuseBlocked(exchange, 'user');
      const device = deviceOf(exchange, header, deviceClaim);
      if (device === 'contradicts' || (requiresDevice && device === undefined)) return WITHOUT_DEVICE;
      return device !== undefined && plan.isBlocked('device', device.id, undefined, now) ? refuseBlocked(exchange, 'device') : undefined;
    };
  },
});

/** The log says which kind of entry it was, and not whose. */
function refuseBlocked(exchange: Exchange, where: BlockedCaller['kind']): GatewayError {
  exchange.note({ policy: 'blocked-caller', where, what: 'blocked' });
  return refuse('GW40306');
}

/** Returns the id of the caller's device. With a claim, the token decides, and the header may only repeat it. */
function deviceOf(
  { incoming, repeated, user }: Exchange,
  header: string,
  claim: string | undefined,
): { id: string } | 'contradicts' | undefined {
  if (repeated.has(header)) return 'contradicts';
  const sent = incoming.get(header);
  if (claim === undefined) return sent === undefined || sent === '' || sent.length > LONGEST_ID ? undefined : { id: sent };
  const bound = user?.[claim];
  if (typeof bound !== 'string' || bound === '') return undefined;
  return sent === undefined || sent === bound ? { id: bound } : 'contradicts';
}
