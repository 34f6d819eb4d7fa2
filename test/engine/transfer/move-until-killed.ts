/** A program that dies by SIGKILL as soon as its move tells of a stage. */
import { move, open, openEmpty } from './stores.ts';

const [from = '', to = '', kek = '', stage = ''] = process.argv.slice(2);
const source = await open(from, kek, true);
const target = await openEmpty(to);
await move(source, target, to, {
  onProgress: (progress) => {
    if (progress.stage === stage) process.kill(process.pid, 'SIGKILL');
  },
});
await target.close();
await source.close();
