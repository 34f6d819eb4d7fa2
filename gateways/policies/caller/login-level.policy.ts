import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy } from '../../contract.ts';
import { refuse } from '../../errors.ts';

/**
 * Demands a level of login, which the login system writes into a claim of the user's token (`acr` of OpenID Connect
 * Core, section 2, unless another is named). Runs after the token, or the signature of a session, was verified. A claim
 * that is absent or has no known value counts as no level.
 */
export default definePolicy({
  name: 'login-level',
  stage: 'grant',
  fronts: ['user'],
  text: {
    label: { 'zh-CN': '登录级别', en: 'Login level' },
    help: {
      'zh-CN': '用户令牌中的登录级别（默认取 acr）须达到要求，否则返回 GW40106，用户须以更高级别重新登录。',
      en: 'The login level in the user token (acr by default) must be high enough; otherwise GW40106, and the user must log in at a higher level.',
    },
  },
  options: Type.Object(
    {
      level: Type.Integer({
        ...fieldText('最低级别', 'Lowest level', '1 最低。', '1 is the lowest.'),
        minimum: 1,
        maximum: 99,
        default: 2,
      }),
      claim: Type.Optional(
        Type.String({
          ...fieldText('级别所在的声明', 'Claim with the level', '不填时为 acr。', 'acr if left out.', { example: 'acr' }),
          pattern: '^[A-Za-z0-9_.:/-]{1,100}$',
        }),
      ),
      names: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
          ...fieldText(
            '级别的名称',
            'Names of the levels',
            '从低到高；声明的值是名称而不是数字时填写，第一个为 1 级。',
            'From low to high, if the claim has names instead of numbers; the first is level 1.',
            { example: 'password' },
          ),
          maxItems: 20,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: ({ level, names = [] }) =>
    names.length === 0 || level <= names.length
      ? []
      : [
          {
            ...{ path: '/level', problem: 'login-level', value: String(names.length) },
            message: `The level is above the ${names.length} named levels, so no user could reach it.`,
            fix: 'Lower the level, or name the levels above.',
          },
        ],
  isDefault: () => false,
  isOptional: () => true,
  compile({ level, claim = 'acr', names = [] }) {
    return (exchange) => {
      const found = levelOf(exchange.user?.[claim], names);
      if (found >= level) return undefined;
      exchange.note({ policy: 'login-level', where: '/level', what: `low-level ${found}/${level}` });
      return refuse('GW40106');
    };
  },
});

function levelOf(value: unknown, names: readonly string[]): number {
  if (typeof value === 'string' && names.includes(value)) return names.indexOf(value) + 1;
  if (names.length > 0) return 0;
  if (typeof value === 'string') return /^[0-9]{1,2}$/.test(value) ? Number(value) : 0;
  return typeof value === 'number' && Number.isInteger(value) ? value : 0;
}
