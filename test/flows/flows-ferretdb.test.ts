import { prepareFerretdb, startFerretdb } from '../servers/ferretdb.ts';
import { flowSuiteOn } from './on-servers.ts';

flowSuiteOn('FerretDB (MongoDB protocol)', prepareFerretdb, startFerretdb);
