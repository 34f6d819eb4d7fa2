import { chaosTest } from '../support/chaos/chaos-test.ts';

chaosTest('mongo-java', 'mongo-java-server (MongoDB protocol)');
