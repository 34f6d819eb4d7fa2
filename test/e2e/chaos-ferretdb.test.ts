// @never-rerun: a single failure is a failure.
import { chaosTest } from '../support/chaos/chaos-test.ts';

chaosTest('ferretdb', 'FerretDB (MongoDB protocol)');
