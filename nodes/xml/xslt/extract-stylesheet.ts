/** XPath by XSLT: writes a stylesheet that evaluates expressions, and reads what it puts out. */
import { parseXml } from '../../shared/xml/parse-xml.ts';

export interface ExtractField {
  readonly name: string;
  readonly path: string;
  readonly many: boolean;
}

/** The line of the first field; each further field has one line. */
const FIRST_LINE = 2;

/** Returns the stylesheet. Each expression is in an attribute of its own, so it cannot leave its place. */
export function writeStylesheet(fields: readonly ExtractField[], namespaces: Readonly<Record<string, string>>): string {
  const declared = Object.entries(namespaces).map(([prefix, uri]) => ` xmlns:${prefix}="${escape(uri)}"`);
  const each = fields.map(
    ({ path }, index) =>
      `<f><xsl:variable name="kq-${index}" select="${escape(path)}"/><xsl:choose>` +
      `<xsl:when test="kq:object-type($kq-${index})='node-set'"><xsl:for-each select="$kq-${index}"><v><xsl:value-of select="."/></v></xsl:for-each></xsl:when>` +
      `<xsl:otherwise><v t="{kq:object-type($kq-${index})}"><xsl:value-of select="$kq-${index}"/></v></xsl:otherwise></xsl:choose></f>`,
  );
  return (
    `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:kq="http://exslt.org/common"${declared.join('')}>` +
    `<xsl:output method="xml" encoding="UTF-8" indent="no"/><xsl:template match="/"><r>\n${each.join('\n')}\n</r></xsl:template></xsl:stylesheet>`
  );
}

/** Returns the field of a line of the stylesheet. */
export function fieldAtLine(fields: readonly ExtractField[], line: unknown): ExtractField | undefined {
  return fields[Number(line) - FIRST_LINE];
}

/** Returns the values by name: `null` for a single value that is not there. */
export function readValues(output: string, fields: readonly ExtractField[]): Record<string, unknown> {
  const { r } = parseXml(output, { maxDepth: 5, namespaces: 'strip', arrays: ['r.f', 'r.f.v'] }) as {
    readonly r: { readonly f: readonly unknown[] };
  };
  return Object.fromEntries(
    fields.map(({ name, many }, index) => {
      const found = r.f[index] as { readonly v?: readonly unknown[] } | '';
      const values = found === '' ? [] : (found.v ?? []).map(valueOf);
      return [name, many ? values : (values[0] ?? null)];
    }),
  );
}

function valueOf(written: unknown): unknown {
  if (typeof written === 'string') return written;
  const { '@t': type, '#text': text = '' } = written as { readonly '@t': string; readonly '#text'?: string };
  if (type === 'boolean') return text === 'true';
  if (type !== 'number') return text;
  return Number.isFinite(Number(text)) ? Number(text) : null;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\r\n\t]/g, ' ');
}
