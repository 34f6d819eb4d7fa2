import { spawn, type ChildProcess } from 'node:child_process';

/**
 * A test process that is killed cannot clean up: its end closes the pipe to this guard, which then ends the server. The server must have been
 * started `detached`: all its group is ended.
 */
export function endWithUs(server: ChildProcess): void {
  const guard = spawn('sh', ['-c', 'cat > /dev/null; kill -9 "-$0"', String(server.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  server.once('close', () => guard.kill('SIGKILL'));
}
