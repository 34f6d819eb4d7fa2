/** The CapabilityStatement of an endpoint (HL7 FHIR R4, CapabilityStatement, kind `instance`). */
import { FHIR_JSON } from '../../../engine/contract/fhir/operation-outcome.ts';
import { parametersOf, type Endpoint, type OfferedResource } from './endpoint.ts';

const CODES = { read: 'read', search: 'search-type', create: 'create', update: 'update', delete: 'delete' } as const;

export function capabilityStatement({ address, name, resources, bundles }: Endpoint, now: number): Readonly<Record<string, unknown>> {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: new Date(now).toISOString(),
    kind: 'instance',
    software: { name: 'Kangqiao' },
    implementation: { description: name, url: address },
    fhirVersion: '4.0.1',
    format: [FHIR_JSON],
    rest: [
      {
        mode: 'server',
        resource: resources.map(describe),
        ...(bundles.length === 0 ? {} : { interaction: bundles.map((code) => ({ code })) }),
      },
    ],
  };
}

function describe(resource: OfferedResource): Readonly<Record<string, unknown>> {
  const { type, interactions } = resource;
  const has = (one: (typeof interactions)[number]) => interactions.includes(one);
  return {
    type,
    interaction: interactions.map((one) => ({ code: CODES[one] })),
    ...(has('create') ? { conditionalCreate: true } : {}),
    // `If-None-Match` only.
    ...(has('read') ? { conditionalRead: 'not-match' } : {}),
    ...(has('update') ? { conditionalUpdate: true } : {}),
    ...(has('delete') ? { conditionalDelete: 'single' } : {}),
    ...(has('search')
      ? {
          searchParam: parametersOf(resource).map(({ name, type: kind, about }) => ({
            name,
            type: kind,
            ...(about === undefined || about === '' ? {} : { documentation: about }),
          })),
        }
      : {}),
  };
}
