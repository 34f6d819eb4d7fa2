import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../../engine/testing/run-node.ts';
import { FUNCTIONS } from '../../../../nodes/xml/xslt/xpath-names.ts';
import transform from '../../../../nodes/xml/transform.node.ts';

test('every function that a stylesheet may call is there when it runs', async () => {
  for (const [uri, names] of Object.entries(FUNCTIONS)) {
    const prefix = uri === '' ? '' : 'p:';
    const each = names.split(' ').map((name) => `<xsl:if test="not(function-available('${prefix}${name}'))">${name} </xsl:if>`);
    const declared = uri === '' ? '' : `xmlns:p="${uri}"`;
    const stylesheet = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" ${declared}><xsl:output method="text"/><xsl:template match="/">${each.join('')}</xsl:template></xsl:stylesheet>`;
    const outcome = await runNode(transform, { config: { stylesheet }, data: '<r/>' });
    assert.ok('emit' in outcome);
    assert.equal(outcome.emit!['ok']![0]!.data, '', uri);
  }
});
