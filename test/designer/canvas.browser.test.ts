import assert from 'node:assert/strict';
import test from 'node:test';
import type { Locator, Page } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { newFlow } from '../../designer/src/model/flow/new-flow.ts';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';

const FLOW = { ...newFlow('画布测试'), flowId: 'flw_canvas' };

test('a flow is drawn by keyboard and mouse on the canvas', { skip: noBrowser, timeout: 120_000 }, async (context) => {
  const console = await startConsole(context);
  await console.city.admin('PUT', '/flows/flw_canvas', FLOW);
  const page = await console.open({ path: '/flows/flw_canvas', width: 1920 });
  const canvas = openCanvas(page);

  await context.test('begins with a trigger and adds what is typed behind it, found by pinyin initials', async () => {
    await page.getByRole('button', { name: '接口请求触发' }).last().click();
    await canvas.cards(1);
    await canvas.board.focus();
    await page.keyboard.type('tjfz');
    await page.getByRole('option', { name: '条件分支' }).waitFor();
    await page.keyboard.press('Enter');
    await canvas.cards(2);
    await canvas.wires(1);
  });

  await context.test('a wire dropped into empty space asks for a node and connects it', async () => {
    await canvas.settle();
    await canvas.pull(canvas.port('条件分支', 'source', 0), { x: 140, y: -120 });
    await page.getByRole('dialog', { name: '添加节点' }).waitFor();
    await page.keyboard.type('http');
    await page.getByRole('option', { name: 'HTTP 调用' }).waitFor();
    await page.keyboard.press('Enter');
    await canvas.cards(3);
    await canvas.wires(2);
  });

  await context.test('a wire that would close a circle is refused with its reason', async () => {
    await canvas.settle();
    await canvas.drag(canvas.port('HTTP 调用', 'source', 0), canvas.port('条件分支', 'target', 0));
    await page.getByText('这样连会形成环').first().waitFor();
    await canvas.wires(2);
  });

  await context.test('a node is inserted on a wire by its plus', async () => {
    await canvas.settle();
    await canvas.hoverWire(0);
    await page.getByRole('button', { name: '在此连线上插入节点' }).click();
    await page.keyboard.type('jb');
    await page.getByRole('option', { name: '脚本' }).waitFor();
    await page.keyboard.press('Enter');
    await canvas.cards(4);
    await canvas.wires(3);
  });

  await context.test('a card without wires that is dropped on a wire goes into it, as one step', async () => {
    await canvas.board.focus();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: '节点' }).getByRole('button', { name: '设置字段' }).click();
    await canvas.cards(5);
    await canvas.wires(3);
    await canvas.settle();
    await canvas.drag(canvas.card('设置字段'), page.locator('.react-flow__edge-interaction').first());
    await canvas.wires(4);
    await page.keyboard.press('Control+z');
    await canvas.wires(3);
    await page.keyboard.press('Control+z');
    await canvas.cards(4);
  });

  await context.test('a walk through the cards is one stop of the tab key and the arrows with Ctrl', async () => {
    await canvas.board.focus();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.react-flow__node[tabindex="0"]').count(), 1);
    await page.keyboard.press('Tab');
    await expect(page.getByRole('group', { name: /^接口请求触发/ })).toBeFocused();
    await page.keyboard.press('Control+ArrowRight');
    await expect(page.locator('.react-flow__node:focus')).toHaveCount(1);
    await expect(page.getByRole('group', { name: /^接口请求触发/ })).not.toBeFocused();
    await page.keyboard.press('Enter');
    const focused = await page.locator('.react-flow__node:focus').getAttribute('aria-label');
    await expect(page.getByRole('complementary', { name: '侧栏' }).getByRole('textbox', { name: '节点名称' })).toHaveValue(
      focused?.split('，')[0] ?? '',
    );
  });

  await context.test('a drag is one step, and every step goes back and forth', async () => {
    await canvas.settle();
    const before = await canvas.box('脚本');
    await canvas.pull(canvas.card('脚本'), { x: 48, y: 96 });
    const moved = await canvas.box('脚本');
    assert.ok(Math.abs(moved.y - before.y) > 40);
    await page.keyboard.press('Control+z');
    await canvas.isAt('脚本', before);
    await page.keyboard.press('Control+y');
    await canvas.isAt('脚本', moved);
  });

  await context.test('all is copied and pasted, duplicated, disabled and deleted by keys', async () => {
    await canvas.board.focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    await page.keyboard.press('Control+v');
    await canvas.cards(8);
    await canvas.wires(6);
    await page.keyboard.press('Delete');
    await canvas.cards(4);
    await canvas.card('脚本').click();
    await page.keyboard.press('Control+/');
    await page.getByRole('group', { name: '脚本，脚本，已停用' }).waitFor();
    await page.keyboard.press('Control+d');
    await canvas.cards(5);
    await page.keyboard.press('Control+z');
    await canvas.cards(4);
  });

  await context.test('everything is selected by a box and put into a named group', async () => {
    await canvas.settle();
    await canvas.selectByBox();
    await page.getByRole('toolbar', { name: '已选 4 个节点' }).waitFor();
    await page.keyboard.press('Control+g');
    await page.keyboard.type('预约');
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: '分组：预约' }).waitFor();
  });

  await context.test('what was drawn is still there after a reload', async () => {
    await page.reload();
    await canvas.cards(4);
    await canvas.wires(3);
  });
});

test(
  'a stretch of a flow becomes a flow of its own from the menu of the selection',
  { skip: noBrowser, timeout: 120_000 },
  async (context) => {
    const console = await startConsole(context);
    const page = await console.open({ path: '/flows/flw_appointment', width: 1920 });
    const canvas = openCanvas(page);
    const part = ['转为甲院格式', '甲院预约', '统一甲院结果'];
    await canvas.card('甲院预约').waitFor();
    const cards = await page.locator('.react-flow__node-card').count();
    for (const label of part) await canvas.card(label).click({ modifiers: ['Shift'] });
    await canvas.card('甲院预约').click({ button: 'right' });
    await page.getByRole('menuitem', { name: '提取为子流程' }).click();
    const dialog = page.getByRole('dialog', { name: '提取为子流程' });
    await dialog.getByRole('textbox', { name: '新流程的名称' }).fill('甲院挂号');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await canvas.cards(cards - part.length + 1);
    await canvas.card('甲院挂号').waitFor();
    await page.goto('/flows');
    await page.getByText('甲院挂号').click();
    await canvas.cards(part.length + 2);
  },
);

test('a reader sees the flow and can change nothing on the canvas', { skip: noBrowser, timeout: 120_000 }, async (context) => {
  const console: Console = await startConsole(context);
  const page = await console.open({ path: '/flows/flw_appointment', roles: ['viewer'], language: 'en' });
  const canvas = openCanvas(page);
  await page.getByRole('group', { name: /^回复, Reply/ }).click();
  const before = await page.locator('.react-flow__node-card').count();
  await page.keyboard.press('Delete');
  await page.keyboard.type('http');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await canvas.cards(before);
});

test(
  'a flow is opened so that it can be read, and what stands beside it gives way',
  { skip: noBrowser, timeout: 120_000 },
  async (context) => {
    const console = await startConsole(context);
    const flow = (await console.city.admin('GET', '/flows/flw_appointment')) as FlowDocument;
    for (const place of Object.values(flow.layout.nodes)) place[0] *= 2;
    await console.city.admin('PUT', '/flows/flw_wide', { ...flow, flowId: 'flw_wide', revision: 0 });
    const page = await console.open({ path: '/flows/flw_wide', width: 1280 });
    const canvas = openCanvas(page);
    const view = page.getByRole('toolbar', { name: '视图' });
    const palette = page.getByRole('complementary', { name: '节点' });
    const panel = page.getByRole('complementary', { name: '侧栏' });
    const map = page.locator('.react-flow__minimap');

    await context.test(
      'never smaller than 70 %, from its trigger on; the map shows what is out of sight, in the colours of the nodes',
      async () => {
        await canvas.card('校验').waitFor();
        const percent = Number.parseInt((await view.getByText('%').textContent()) ?? '', 10);
        assert.ok(percent >= 70, `${percent} %`);
        await canvas.isInSight('接口请求触发');
        const marks = await map.locator('.react-flow__minimap-node').all();
        const fills = await Promise.all(marks.map((mark) => mark.getAttribute('style')));
        assert.ok(new Set(fills).size >= 4, fills.join(' '));
      },
    );

    await context.test('the map is gone when all is in sight', async () => {
      await page.setViewportSize({ width: 1920, height: 1080 });
      await expect(map).toHaveCount(0);
      await page.setViewportSize({ width: 1280, height: 800 });
      await map.waitFor();
    });

    await context.test(
      'wires are of the colour of their node, errors are dashed and named with a sign, and every branch is named once',
      async () => {
        await page.goto('/flows/flw_reports');
        await canvas.card('同时查询').waitFor();
        const wires = page.locator('.react-flow__edge-path');
        await expect(wires.first()).toHaveCSS('stroke-width', '2px');
        const strokes = await Promise.all((await wires.all()).map((path) => path.getAttribute('data-category')));
        assert.ok(new Set(strokes).size >= 3, strokes.join(' '));
        const words = page.locator('.react-flow__edgelabel-renderer');
        await expect(words.getByText('错误')).toHaveCount(2);
        await expect(words.getByText('错误').first().locator('svg')).toHaveCount(1);
        await expect(words.getByText('甲院')).toHaveCount(0);
        await expect(canvas.card('同时查询').getByText('甲院')).toHaveCount(1);
        await expect(canvas.port('同时查询', 'source', 0)).toHaveCSS('width', '12px');
      },
    );

    await context.test('what is arranged can be read as a whole on a small screen', async () => {
      await view.getByRole('button', { name: '自动布局' }).click();
      for (const label of ['接口请求触发', '汇合', '回复']) await canvas.isInSight(label);
      await expect(map).toHaveCount(0);
    });

    await context.test('the selected node stays in sight beside the panel, and the palette becomes a column of icons', async () => {
      await page.goto('/flows/flw_wide');
      await palette.getByRole('textbox').waitFor();
      await canvas.card('转为乙院格式').click();
      await panel.waitFor();
      await canvas.isInSight('转为乙院格式');
      await expect(palette.getByRole('textbox')).toHaveCount(0);
      await palette.getByRole('button', { name: 'HTTP 调用' }).waitFor();
      await palette.getByRole('button', { name: '展开节点面板' }).click();
      await palette.getByRole('textbox').waitFor();
      await canvas.isInSight('转为乙院格式');
    });

    await context.test('a panel that was folded stays so in the next flow', async () => {
      await panel.getByRole('button', { name: '收起侧栏' }).click();
      await palette.getByRole('button', { name: '收起节点面板' }).click();
      await page.goto('/flows/flw_admission');
      await page.getByRole('group', { name: /^解析/ }).click();
      await page.getByRole('group', { name: /^解析/ }).and(page.locator('.selected')).waitFor();
      await expect(panel).toHaveCount(0);
      await expect(palette.getByRole('textbox')).toHaveCount(0);
      await page.getByRole('button', { name: '展开侧栏' }).click();
      await panel.waitFor();
    });
  },
);

/** What a person does on the canvas. */
function openCanvas(page: Page) {
  const board = page.locator('.react-flow');
  const card = (label: string) => page.locator('.react-flow__node-card', { hasText: label }).first();
  const middle = async (place: Locator) => {
    const box = (await place.boundingBox())!;
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const dragTo = async (from: Locator, to: { x: number; y: number }) => {
    const start = await middle(from);
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 8 });
    await page.mouse.up();
  };
  const box = async (label: string) => (await card(label).boundingBox())!;
  /** The view glides to new nodes; what is aimed at must stand still. */
  const settle = async () => {
    await board.focus();
    await page.keyboard.press('Control+0');
    let last: string | null = null;
    const isStill = async () => {
      const now = await page.locator('.react-flow__viewport').getAttribute('style');
      const before = last;
      last = now;
      return now === before;
    };
    await expect.poll(isStill, { intervals: [250] }).toBe(true);
  };
  return {
    board,
    card,
    box,
    settle,
    cards: (count: number) => expect(page.locator('.react-flow__node-card')).toHaveCount(count),
    wires: (count: number) => expect(page.locator('.react-flow__edge')).toHaveCount(count),
    port: (label: string, side: 'source' | 'target', index: number) => card(label).locator(`.react-flow__handle.${side}`).nth(index),
    drag: async (from: Locator, to: Locator) => dragTo(from, await middle(to)),
    pull: async (from: Locator, by: { x: number; y: number }) => {
      const { x, y } = await middle(from);
      await dragTo(from, { x: x + by.x, y: y + by.y });
    },
    async hoverWire(index: number) {
      const { x, y } = await middle(page.locator('.react-flow__edge-interaction').nth(index));
      await page.mouse.move(x, y + 3);
      await page.mouse.move(x, y);
    },
    async isAt(label: string, { x, y }: { x: number; y: number }) {
      await expect
        .poll(async () => {
          const now = await box(label);
          return Math.hypot(now.x - x, now.y - y);
        })
        .toBeLessThan(3);
    },
    async isInSight(label: string) {
      const isWithin = async () => {
        const [inner, outer] = [await box(label), (await board.boundingBox())!];
        const isAcross = inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width;
        return isAcross && inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height;
      };
      await expect.poll(isWithin).toBe(true);
    },
    async selectByBox() {
      const { x, y, width, height } = (await board.boundingBox())!;
      await page.keyboard.down('Shift');
      await page.mouse.move(x + width - 20, y + 90);
      await page.mouse.down();
      await page.mouse.move(x + 20, y + height - 80, { steps: 6 });
      await page.mouse.up();
      await page.keyboard.up('Shift');
    },
  };
}
