import { preparePostgres, startPostgres } from '../servers/postgres.ts';
import { flowSuiteOn } from './on-servers.ts';

flowSuiteOn('PostgreSQL', preparePostgres, startPostgres);
