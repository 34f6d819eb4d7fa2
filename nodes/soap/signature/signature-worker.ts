/** The thread that signs requests and verifies answers: both parse documents of any size. */
import { serveTasks } from '../../../engine/threads/serve-tasks.ts';
import { signEnvelope } from './sign-envelope.ts';
import type { SigningKey } from './signing-key.ts';
import { verifyEnvelope } from './verify-envelope.ts';

export type SignatureTask =
  | { readonly kind: 'sign'; readonly envelope: string; readonly key: SigningKey }
  | { readonly kind: 'verify'; readonly envelope: string; readonly trusted: string; readonly now: number };

serveTasks<SignatureTask, string>((task) =>
  task.kind === 'sign' ? signEnvelope(task.envelope, task.key) : verifyEnvelope(task.envelope, task.trusted, task.now),
);
