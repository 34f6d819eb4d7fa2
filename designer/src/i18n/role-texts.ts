/** The name and purpose of each role. */
import type { Role } from '../api/operations.ts';
import { defineTexts } from './texts.ts';

export const ROLE_TEXTS = defineTexts({
  'system-admin': ['系统管理员', 'System administrator'],
  'security-admin': ['安全管理员', 'Security administrator'],
  'audit-admin': ['审计管理员', 'Audit administrator'],
  analyst: ['集成分析师', 'Integration analyst'],
  operator: ['运维人员', 'Operator'],
  viewer: ['只读用户', 'Viewer'],
}) satisfies Readonly<Record<Role, unknown>>;

export const ROLE_HELP_TEXTS = defineTexts({
  'system-admin': [
    '管理系统设置与账号（安全、审计管理员除外）；不能兼任另两种管理员',
    'Manages settings and accounts, except those of security and audit administrators; cannot have one of these two roles',
  ],
  'security-admin': [
    '管理调用方授权与凭据，以及安全管理员的账号；不能发布流程',
    'Manages grants, secrets and the accounts of security administrators; cannot publish flows',
  ],
  'audit-admin': [
    '查阅审计，管理审计管理员的账号；不能改其他任何东西',
    'Reads the audit trail and manages the accounts of audit administrators; changes nothing else',
  ],
  analyst: ['绘制、测试、发布流程与接口', 'Draws, tests and publishes flows and interfaces'],
  operator: ['处理失败与挂起的消息', 'Handles failed and held messages'],
  viewer: ['查看配置与执行，不含患者数据', 'Sees definitions and executions without patients’ data'],
}) satisfies Readonly<Record<Role, unknown>>;
