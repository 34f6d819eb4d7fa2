import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import { createRunXslt } from '../../../../nodes/xml/xslt/run-xslt.ts';

const ctx = { clock: wallClock(), signal: new AbortController().signal };
const CPU_MS = 60_000;

const task = (body: string, source: string) => ({
  stylesheet: `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><o>${body}</o></xsl:template></xsl:stylesheet>`,
  ...{ source, charset: undefined, parameters: {} },
});
const EACH = '<xsl:for-each select="//a">';
const COSTLY = task(
  `${EACH.repeat(2)}<xsl:if test="count(//a) = 0">x</xsl:if>${'</xsl:for-each>'.repeat(2)}`,
  `<r>${'<a/>'.repeat(250)}</r>`,
);
const CHEAP = task('<xsl:value-of select="/r"/>', '<r>1</r>');

test('nodes with cheap stylesheets go on while two nodes with costly ones fill all threads', async () => {
  let left = 0;
  const costly = [createRunXslt(), createRunXslt()].flatMap((run) =>
    Array.from({ length: 6 }, () => {
      left += 1;
      return run(COSTLY, ctx, CPU_MS).then(() => (left -= 1));
    }),
  );
  const run = createRunXslt();
  for (let message = 0; message < 25; message += 1) assert.match(await run(CHEAP, ctx, CPU_MS), /<o>1<\/o>/);
  assert.ok(left > 3, 'most of the costly ones still wait');
  await Promise.all(costly);
});
