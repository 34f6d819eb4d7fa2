import { Type, type Static } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { probeHttp } from '../shared/http/probe.ts';
import { createCallFhir } from './call-fhir.ts';
import { checkTemplates, compileResourcePath, idTemplate, resourceType } from './fields.ts';

const Config = Type.Object(
  {
    resourceType,
    id: idTemplate,
    missing: Type.Union([Type.Literal('error'), Type.Literal('null')], {
      ...fieldText('不存在时', 'If absent', '没有该资源，或已删除。', 'There is no such resource, or it is deleted.', {
        options: { error: ['报错', 'An error'], null: ['输出 null', 'Emit null'] },
      }),
      default: 'error',
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Reads one resource from a FHIR server by its id. */
export default defineNode({
  type: 'fhir.read',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'file-search',
  text: {
    label: { 'zh-CN': 'FHIR 读取', en: 'FHIR read' },
    help: { 'zh-CN': '按编号读取一个 FHIR 资源。', en: 'Reads one FHIR resource by its id.' },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'fhir',
  effect: 'read',
  config: Config,
  check: ({ id }: Config) => checkTemplates({ '/id': id }),
  prepare(config) {
    const call = createCallFhir();
    const pathOf = compileResourcePath(config.resourceType, config.id);
    const alsoExpected = config.missing === 'null' ? [404, 410] : [];
    return async (ctx, message) => {
      const { status, resource } = await call(ctx, { method: 'GET', path: pathOf(ctx.scope), effect: 'read', alsoExpected });
      return { emit: { ok: [withData(message, status >= 400 ? null : (resource ?? null), 'application/fhir+json')] } };
    };
  },
  probe: probeHttp,
});
