/** Harness for node authors: `kangqiao/testing`. */
export { fakeClock, type FakeClock } from './fake-clock.ts';
