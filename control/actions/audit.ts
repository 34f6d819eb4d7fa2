/** The audit trail, read. */
import { Type } from 'typebox';
import { closed, defineAction, type Action } from './action.ts';
import type { ControlServices } from './services.ts';

const Name = Type.Optional(Type.String({ maxLength: 100 }));

export function auditActions({ audit }: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'audit.list',
      right: 'audit.read',
      text: { 'zh-CN': '审计记录，最新在前', en: 'Audit lines, newest first' },
      input: Type.Object(
        {
          actor: Name,
          action: Name,
          from: Type.Optional(Type.Integer()),
          to: Type.Optional(Type.Integer()),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
          after: Name,
        },
        closed,
      ),
      audited: true,
      run: (_ctx, { limit = 100, ...query }) => audit.list({ ...query, limit }),
    }),
    defineAction({
      name: 'audit.verify',
      right: 'audit.read',
      text: { 'zh-CN': '校验审计链', en: 'Verify the audit chain' },
      input: Type.Object({}, closed),
      audited: true,
      run: ({ signal }) => audit.verify(signal),
    }),
  ];
}
