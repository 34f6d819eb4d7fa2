import { preparePostgres, startPostgres } from '../../../servers/postgres.ts';
import { describeAdapter } from '../kit.ts';
import { databaseSubject } from './engine.ts';

const PASSWORD = 'lab-secret';

describeAdapter(
  databaseSubject({ name: 'PostgreSQL', skip: preparePostgres(), without: {} }, async () => {
    const { port, kill, restart, stop } = await startPostgres({ password: PASSWORD });
    return {
      ...{ port, password: PASSWORD, tls: 'postgresql', kill, restart, stop },
      settings: ({ host, port: at, tls }) => ({
        ...{ engine: 'postgresql', host, port: at, database: 'postgres', user: 'postgres', idleCloseMs: 200 },
        ...(tls === undefined ? {} : { tls }),
      }),
      rows: (count) => `SELECT repeat('x', 1000) AS t FROM generate_series(1, ${count})`,
    };
  }),
);
