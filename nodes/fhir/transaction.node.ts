import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { probeHttp } from '../shared/http/probe.ts';
import { createCallFhir } from './call-fhir.ts';
import { resourceIn } from './fields.ts';

const Config = Type.Object(
  {
    idempotent: Type.Boolean({
      ...fieldText(
        '可安全重发',
        'Idempotent',
        '其中每一项都是 PUT、DELETE 或带 ifNoneExist 的 POST，因此结果未知时可以重发。',
        'Each entry is PUT, DELETE or POST with ifNoneExist, so it is safe to send again if the outcome is unknown.',
      ),
      default: false,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Sends a transaction or batch to a FHIR server. */
export default defineNode({
  type: 'fhir.transaction',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'package-check',
  text: {
    label: { 'zh-CN': 'FHIR 事务', en: 'FHIR transaction' },
    help: {
      'zh-CN': '一次提交一组 FHIR 资源（transaction 或 batch）。',
      en: 'Sends a Bundle of FHIR resources as a transaction or batch.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'fhir',
  effect: ({ idempotent }: Config) => (idempotent ? 'idempotent-write' : 'write'),
  config: Config,
  prepare({ idempotent }) {
    const call = createCallFhir();
    const effect = idempotent ? 'idempotent-write' : 'write';
    return async (ctx, message) => {
      const body = resourceIn(message.data, 'Bundle');
      if (!['transaction', 'batch'].includes(String(body['type']))) throw notSendable();
      const { resource } = await call(ctx, { method: 'POST', path: '', body, effect });
      if (resource?.['resourceType'] !== 'Bundle') throw noResult();
      const entries: readonly unknown[] = Array.isArray(resource['entry']) ? (resource['entry'] as unknown[]) : [];
      const responses = entries.map((entry) => (isRecord(entry) && isRecord(entry['response']) ? entry['response'] : {}));
      // A transaction is all or nothing; the entries of a batch fail one by one.
      const failed = responses.filter(({ status }) => /^[45]/.test(String(status))).length;
      return { emit: { ok: [withData(message, { failed, responses, bundle: resource }, 'application/json')] } };
    };
  },
  probe: probeHttp,
});

function notSendable(): AppError {
  return new AppError('FHIR_RESOURCE_WRONG', 'input', 'The data is no Bundle of the type transaction or batch.', {
    values: { type: 'Bundle' },
    fix: 'Set "type": "transaction", and a request in every entry.',
  });
}

function noResult(): AppError {
  return new AppError('FHIR_ANSWER_UNREADABLE', 'unknown-outcome', 'The FHIR server did not return the Bundle with the results.', {
    fix: 'Ask the server whether the transaction was done before sending it again.',
  });
}
