/** What a person sees and does in the editor of one flow. */
import type { Locator, Page } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { City } from '../support/city.ts';
import { expect } from './browser.ts';

export function card(page: Page, label: string): Locator {
  return page.locator('.react-flow__node-card', { hasText: label }).first();
}

export function sidePanel(page: Page): Locator {
  return page.getByRole('complementary', { name: '侧栏' });
}

/** As a person does: a click on the node, another name in its panel. */
export async function rename(page: Page, from: string, to: string): Promise<void> {
  await card(page, from).click();
  const name = sidePanel(page).getByRole('textbox', { name: '节点名称' });
  await expect(name).toHaveValue(from);
  await name.fill(to);
  await card(page, to).waitFor();
}

export function isSaved(page: Page): Promise<void> {
  return expect(page.getByRole('status').filter({ hasText: '已保存' })).toBeVisible();
}

/** The draft that the platform has. */
export function served(city: City, flowId: string): Promise<FlowDocument> {
  return city.admin('GET', `/flows/${flowId}`) as Promise<FlowDocument>;
}

/** A separate flow for each test, so that none depends on another; returns its address. */
export async function copyBooking(city: City, flowId: string): Promise<string> {
  const flow = (await city.admin('GET', '/flows/flw_appointment')) as FlowDocument;
  await city.admin('PUT', `/flows/${flowId}`, { ...flow, flowId, revision: 0 });
  return `/flows/${flowId}`;
}
