import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareNode } from '../../../../engine/testing/run-node.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import extract from '../../../../nodes/xml/extract.node.ts';
import transform from '../../../../nodes/xml/transform.node.ts';

const MB = 1024 * 1024;
const COPY =
  '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><xsl:copy-of select="/"/></xsl:template></xsl:stylesheet>';

test('hundreds of messages, small ones and such of 1 MB, take no more memory than a few', async () => {
  const small = documentOf(40);
  const large = documentOf(40_000);
  const clock = wallClock();
  const copy = prepareNode(transform, { stylesheet: COPY });
  const take = prepareNode(extract, { fields: [{ name: 'first', path: '/r/a[1]' }] });
  const transforms = (data: string) => copy({ data, clock });
  const extracts = () => take({ data: small, clock });
  for (let count = 0; count < 10; count++) await transforms(count === 0 ? large : small);
  const before = process.memoryUsage().rss;
  let most = 0;
  for (let count = 0; count < 240; count++) {
    await (count % 6 === 0 ? transforms(large) : count % 6 === 1 ? extracts() : transforms(small));
    most = Math.max(most, process.memoryUsage().rss);
  }
  assert.ok(most - before < 256 * MB, `${Math.round((most - before) / MB)} MB more`);
});

function documentOf(elements: number): string {
  return `<r>${`<a>${'x'.repeat(20)}</a>`.repeat(elements)}</r>`;
}
