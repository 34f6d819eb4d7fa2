import { chaosTest } from '../support/chaos/chaos-test.ts';

chaosTest('postgres', 'PostgreSQL');
