import { connect } from 'node:net';
import mllpListen from '../../../nodes/mllp/listen.node.ts';
import mllp from '../../../nodes/mllp/mllp.adapter.ts';
import { probeMllp } from '../../../nodes/mllp/probe.ts';
import mllpSend from '../../../nodes/mllp/send.node.ts';
import { preparePythonPeer, startPythonHospital } from '../../servers/python-hl7.ts';
import { admission, frame } from '../mllp/peers.ts';
import { describeAdapter } from './kit.ts';
import { nodeAct } from './subject.ts';

describeAdapter({
  adapter: mllp,
  name: 'MLLP',
  skip: preparePythonPeer(),
  without: {
    credentials: 'MLLP has no login; client certificates are in test/nodes/mllp/tls.test.ts',
    '100 MB': 'a message is one frame in memory; the limit is in test/nodes/mllp/listen.test.ts',
  },
  async start() {
    const server = await startPythonHospital();
    const refusals: string[] = [];
    return {
      port: server.port,
      ...{ tls: 'front', probe: probeMllp, probesConnectionOnly: true },
      settings: ({ host, port, tls }) => ({ host, port, idleCloseMs: 200, ...(tls === undefined ? {} : { tls }) }),
      acts: [
        nodeAct(
          mllpSend,
          { controlId: 'keep' },
          (marker) => admission(marker),
          (marker) =>
            server
              .received()
              .split('\n')
              .filter((line) => line.includes(marker)).length,
        ),
      ],
      trigger: {
        node: mllpListen,
        settings: { listen: { host: '127.0.0.1', port: 0 }, peers: ['127.0.0.1'] },
        config: () => ({}),
        async deliver(_source, marker, listener) {
          // A sender repeats what was not taken for a reason that passes.
          for (;;) {
            const answer = await ask(listener, admission(marker));
            if (/MSA.AA/.test(answer)) return;
            if (answer !== '' && !answer.includes('STORE_DOWN')) return void refusals.push(`${marker} ${answer}`);
          }
        },
        identity: ({ message }) => message.headers['hl7-control-id'],
        setAside: () => refusals.join('\n'),
      },
      kill: () => server.kill(),
      restart: () => server.restart(),
      stop: () => server.stop(),
    };
  },
});

/** The answer; none if the other side closes the connection instead. */
function ask(port: number, message: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    let answer = '';
    socket.on('error', () => undefined).on('close', () => resolve(answer));
    socket.once('data', (text: string) => {
      answer = text;
      socket.destroy();
    });
    socket.write(frame(message));
  });
}
