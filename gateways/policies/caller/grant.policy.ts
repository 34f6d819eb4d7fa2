import { Type } from 'typebox';
import { definePolicy } from '../../contract.ts';
import { refuse } from '../../errors.ts';

/**
 * Requires an unexpired grant of the app for the interface. On the user front, people without an app use the default
 * app.
 */
export default definePolicy({
  name: 'grant',
  stage: 'grant',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '接口授权', en: 'Grant' },
    help: { 'zh-CN': '应用须持有该接口未过期的授权。', en: 'The app must have an unexpired grant for the interface.' },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile: (_options, target, _front, { clock }) => {
    const { interfaceId } = target!;
    return ({ app, plan }) => {
      const grant = app?.state === 'active' ? plan.grant(app.appId, interfaceId) : undefined;
      if (grant === undefined || (grant.expiresAt !== undefined && grant.expiresAt <= clock.now())) return refuse('GW40301');
      return undefined;
    };
  },
});
