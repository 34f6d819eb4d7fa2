import fhir from '../../../nodes/fhir/fhir.adapter.ts';
import fhirRead from '../../../nodes/fhir/read.node.ts';
import fhirWrite from '../../../nodes/fhir/write.node.ts';
import { describeAdapter } from './kit.ts';
import { overHttp } from './over-http.ts';
import { nodeAct } from './subject.ts';

describeAdapter(
  overHttp({
    adapter: fhir,
    name: 'FHIR',
    path: '/fhir',
    acts: (count) => [
      nodeAct(fhirWrite, { resourceType: 'Patient' }, (text) => ({ resourceType: 'Patient', name: [{ text }] }), count),
      nodeAct(fhirRead, { resourceType: 'Patient', id: '{data.id}' }, (id) => ({ id })),
    ],
  }),
);
