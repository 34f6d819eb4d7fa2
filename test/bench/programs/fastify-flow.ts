/** The baseline of the sync flow: the same work written by hand in fastify and undici, with the checks that a careful author would write. */
import Fastify from 'fastify';
import { Pool } from 'undici';
import type { AddressInfo } from 'node:net';
import { serveProgram } from '../measure/program.ts';

interface Query {
  readonly patient: { readonly id: string; readonly name?: string; readonly card?: string; readonly mobile?: string };
  readonly department?: string;
  readonly doctor?: string;
  readonly date?: string;
  readonly period?: string;
  readonly priority?: number;
}

interface HospitalAnswer {
  readonly regNo?: string;
  readonly status?: string;
  readonly amount?: string;
  readonly place?: { readonly room?: string; readonly queue?: number };
}

await serveProgram<{ readonly upstream: string; readonly path: string }>(async ({ upstream, path }) => {
  const pool = new Pool(upstream, { connections: 64, pipelining: 1 });
  const app = Fastify();
  app.post(path, async (request, reply) => {
    const query = request.body as Query;
    if (query.patient?.id === undefined) return reply.code(422).send({ message: 'patient.id is missing' });
    const answer = await pool.request({
      method: 'POST',
      path: '/query',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(toHospital(query)),
    });
    if (answer.statusCode !== 200) return reply.code(502).send({ message: 'the hospital refused' });
    const data = (await answer.body.json()) as HospitalAnswer;
    if (data.regNo === undefined) return reply.code(502).send({ message: 'regNo is missing' });
    return { registrationNo: data.regNo, state: data.status, fee: data.amount, room: data.place?.room, queue: data.place?.queue };
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    port: (app.server.address() as AddressInfo).port,
    async stop() {
      app.server.closeAllConnections();
      await app.close();
      await pool.destroy();
    },
  };
});

function toHospital({ patient, department, doctor, date, period, priority }: Query): object {
  return {
    patientId: patient.id,
    patientName: patient.name,
    cardNo: patient.card,
    mobile: patient.mobile,
    deptCode: department,
    doctorId: doctor,
    visitDate: date === undefined ? undefined : /^(\d{4})-(\d{2})-(\d{2})$/.exec(date)?.slice(1).join(''),
    period,
    urgent: (priority ?? 0) >= 3 ? 'Y' : undefined,
    source: 'BUS',
  };
}
