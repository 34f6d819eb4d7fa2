import soapCall from '../../../nodes/soap/call.node.ts';
import soap from '../../../nodes/soap/soap.adapter.ts';
import { describeAdapter } from './kit.ts';
import { overHttp } from './over-http.ts';
import { nodeAct } from './subject.ts';

const CONFIG = { namespace: 'http://hospital.example/orders', operation: 'register', action: 'urn:register' };

describeAdapter(
  overHttp({ adapter: soap, name: 'SOAP', path: '/soap', acts: (count) => [nodeAct(soapCall, CONFIG, (order) => ({ order }), count)] }),
);
