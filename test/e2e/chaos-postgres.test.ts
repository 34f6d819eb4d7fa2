// @never-rerun: a single failure is a failure.
import { chaosTest } from '../support/chaos/chaos-test.ts';

chaosTest('postgres', 'PostgreSQL');
