import { prepareSshd, startSshd } from '../../../servers/sshd.ts';
import { describeAdapter } from '../kit.ts';
import { fileSubject } from './store.ts';

describeAdapter(
  fileSubject(
    { name: 'SFTP', skip: prepareSshd(), without: { certificate: 'host keys: test/nodes/file/stores/sftp.test.ts' } },
    async () => {
      const { port, files, user, userKey, hostKeys, kill, restart, stop } = await startSshd();
      return {
        ...{ port, files, credential: userKey, wrongCredential: 'kit-wrong-1', kill, restart, stop },
        settings: ({ host, port: at }) => ({ kind: 'sftp', host, port: at, user, hostKeys, folder: files, idleCloseMs: 200 }),
      };
    },
  ),
);
