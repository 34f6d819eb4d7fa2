import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { cityFiles } from '../../../examples/city/load-city.ts';
import type { BombField, Outcome } from './bomb-field.ts';
import type { Calls, InnocentCalls } from './call-innocent.ts';
import { throwAnswers, throwMails, throwMessages } from './throw-answers.ts';
import { throwDescriptions, throwDocuments } from './throw-documents.ts';

/** All kinds at once, each by several hands. */
export async function throwAll(t: Pick<TestContext, 'after'>, field: BombField): Promise<Outcome[]> {
  const documents = (['schema', 'pattern', 'expression', 'mapping'] as const).map((kind) => throwDocuments(field, kind));
  const answers = (['json', 'xml', 'soap', 'ack'] as const).map((kind) => throwAnswers(field, kind));
  return (await Promise.all([...documents, throwDescriptions(field), ...answers, throwMessages(field), throwMails(t, field)])).flat();
}

/** One viewer, one analyst and one hospital, who throw one kind after the other: what others feel of that is theirs, not a full machine's. */
export async function throwInTurn(t: Pick<TestContext, 'after'>, field: BombField): Promise<void> {
  const people = { ...field, viewers: field.viewers.slice(0, 1), analysts: field.analysts.slice(0, 1) };
  const documents = async () => {
    for (const kind of ['schema', 'pattern', 'expression', 'mapping'] as const) await throwDocuments(people, kind);
    await throwDescriptions(people);
  };
  const answers = async () => {
    for (const kind of ['json', 'xml', 'soap', 'ack'] as const) await throwAnswers(field, kind);
    await throwMessages(field);
    await throwMails(t, field);
  };
  await Promise.all([documents(), answers()]);
}

/** Those who do nothing wrong, until they are stopped. A thread of their own, so that they do not wait for those who throw. */
export async function keepCalling({ platform, innocent }: BombField, more: readonly string[] = []): Promise<{ stop(): Promise<Calls> }> {
  const workerData: InnocentCalls = {
    origin: `https://127.0.0.1:${platform.ports.bus}`,
    paths: [...innocent, ...more],
    token: await readFile(cityFiles(platform.cityFolder).busToken, 'utf8'),
    ca: platform.ca,
  };
  const worker = new Worker(new URL('call-innocent.ts', import.meta.url), { workerData });
  return {
    async stop() {
      const calls = once(worker, 'message') as Promise<[Calls]>;
      worker.postMessage('stop');
      return (await calls)[0];
    },
  };
}
