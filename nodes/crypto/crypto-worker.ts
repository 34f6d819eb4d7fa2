/** The thread that signs, verifies, encrypts and decrypts. */
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import { compute, type CryptoResult, type CryptoTask } from './compute.ts';

serveTasks<CryptoTask, CryptoResult>(compute);
