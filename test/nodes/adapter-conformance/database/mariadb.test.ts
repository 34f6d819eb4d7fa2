import { prepareMariadb, startMariadb } from '../../../servers/mariadb.ts';
import { describeAdapter } from '../kit.ts';
import { databaseSubject } from './engine.ts';

const PASSWORD = 'lab-secret';

describeAdapter(
  databaseSubject({ name: 'MariaDB', skip: prepareMariadb(), without: {} }, async () => {
    const { port, kill, restart, stop } = await startMariadb({ password: PASSWORD });
    return {
      ...{ port, password: PASSWORD, kill, restart, stop },
      tls: (certificate) => startMariadb({ password: PASSWORD, tls: certificate }),
      settings: ({ host, port: at, tls }) => ({
        ...{ engine: 'mariadb', host, port: at, database: 'kq', user: 'kq', idleCloseMs: 200 },
        ...(tls === undefined ? {} : { tls }),
      }),
      rows: (count) => `SELECT REPEAT('x', 1000) AS t FROM seq_1_to_${count}`,
    };
  }),
);
