/** What a person does on the page, from the first letter to the answer, on a wide screen and on a phone. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Interaction } from 'discord.js';
import type { Locator, Page } from 'playwright-core';
import { findBrowser } from '../browser.ts';
import { PNG } from './discord-bot.ts';
import { button, container, DESKTOP, MORE_COMMANDS, openPage, PHONE, row, text, useBrowser, V2 } from './open-page.ts';

const { skip } = findBrowser();

const FOX = { name: 'fox.png', mimeType: 'image/png', buffer: PNG };

/** Logs in as the real bot does, and stays. */
const SMALL_BOT = `
  import { Client } from ${JSON.stringify(import.meta.resolve('discord.js'))};
  const client = new Client({ intents: [], rest: { api: process.env.DISCORD_API_URL } });
  await client.login(process.env.DISCORD_TOKEN);
`;

let folder: string;
before(() => void (folder = mkdtempSync(join(tmpdir(), 'darkroom-page-test-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the sandbox page, used', { skip }, () => {
  useBrowser(skip);
  for (const [name, viewport] of [
    ['on a wide screen', DESKTOP],
    ['on a phone', PHONE],
  ] as const) {
    describe(name, () => addFlows(viewport));
  }

  it('opens as its address asks: theme, user, channel, without the panel', async (t) => {
    const { page, complaints } = await openPage(t, {
      answer: null,
      query: ({ discord }) =>
        `?theme=light&user=${discord.users.moderator.id}&channel=${discord.guilds[0]?.channels[1]?.id}&panel=closed`,
    });
    await page.getByRole('heading', { name: 'Welcome to #general' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'light');
    const viewer = (): Promise<unknown> =>
      page.evaluate(`document.querySelector('[aria-label="You are"]').selectedOptions[0].text`);
    assert.equal(await viewer(), 'Olive (moderator)');
    assert.equal(await page.getByRole('complementary').count(), 0);
    await page.getByRole('button', { name: 'Sandbox panel' }).click();
    await page.getByRole('radiogroup', { name: 'Who I am' }).getByText('Noah').click();
    assert.equal(await viewer(), 'Noah');
    assert.deepEqual(complaints, []);
  });

  it('groups messages of one author, shows what is replied to, and lights up what mentions the reader', async (t) => {
    const { page, post, sandbox } = await openPage(t, { answer: null });
    await post({ content: 'first' });
    await post({ content: 'second' });
    const first = article(page, 'first');
    await article(page, 'second').waitFor();
    assert.equal(await first.getByText('Darkroom', { exact: true }).count(), 1);
    assert.equal(await article(page, 'second').getByText('Darkroom', { exact: true }).count(), 0);
    const messageId = await first.getAttribute('data-message-id');
    const { id } = sandbox.discord.users.member;
    await post({ content: `<@${id}> ready`, message_reference: { message_id: messageId } });
    const ready = page.getByRole('article', { name: 'Darkroom, mentions you' });
    await ready.getByRole('button', { name: 'first' }).waitFor();
    await page.getByRole('combobox', { name: 'You are' }).selectOption({ label: 'Noah' });
    await ready.waitFor({ state: 'detached' });
  });
});

function addFlows(viewport: { width: number; height: number }): void {
  it('type /, pick by keyboard, choose a person, a suggestion and a number, and send', async (t) => {
    const { page, asked, sandbox } = await openUsed(t, viewport);
    await page.getByRole('textbox', { name: 'Message' }).focus();
    await page.keyboard.type('/gal');
    await page.getByRole('option', { name: '/gallery What was made here' }).waitFor();
    assert.equal(await page.getByRole('option', { name: '/jobs' }).count(), 0);
    await page.keyboard.type('lery ');
    // Nothing is required, so Enter would send; the chip of the options stands before that button.
    await page.locator('[aria-label="Send"]:focus').waitFor();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    const listed = page.getByRole('listbox');
    await listed.getByRole('option', { name: 'Mira' }).waitFor();
    await page.keyboard.type('no');
    await listed.getByRole('option', { name: 'Noah', selected: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.keyboard.type('9');
    await page.getByText('Expected a whole number from 1 to 4, got 9.').waitFor();
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await page.keyboard.type(' model:');
    await page.getByRole('textbox', { name: 'model' }).waitFor();
    await page.keyboard.type('de');
    await page.getByRole('option', { name: 'flux dev' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await article(page, 'Asked').waitFor();
    assert.deepEqual(asked, [{ user: sandbox.discord.users.member2.id, model: 'bfl/flux-dev' }]);
  });

  it('give a file to a command: chosen, changed by a drop, and sent whole', async (t) => {
    const { page, asked } = await openUsed(t, viewport);
    await page.getByRole('textbox', { name: 'Message' }).pressSequentially('/animate ');
    await page.getByLabel('image', { exact: true }).setInputFiles({ ...FOX, name: 'old.png' });
    await page.getByText('old.png').waitFor();
    await page.keyboard.press('Backspace');
    await page.getByText('Choose, drop or paste').waitFor();
    await dropFile(page);
    await page.getByText('fox.png').waitFor();
    await page.getByLabel('image', { exact: true }).press('Enter');
    await article(page, 'Asked').waitFor();
    assert.deepEqual(asked, [{ image: `fox.png image/png ${PNG.toString('base64')}` }]);
  });

  it('open the menu of a message by keyboard and by right-click, and fill in all of its form', async (t) => {
    const { page, sent, post } = await openUsed(t, viewport);
    await post({ content: 'A card' });
    const card = article(page, 'A card');
    await card.getByRole('button', { name: 'Apps' }).press('Enter');
    const menu = page.getByRole('menu', { name: 'Message' });
    await menu.getByRole('menuitem', { name: 'Animate image' }).waitFor();
    assert.equal(await menu.getByRole('menuitem', { name: 'Moderate' }).count(), 0);
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    assert.equal(await page.evaluate('document.activeElement.ariaLabel'), 'Apps');
    await page.keyboard.press('Shift+F10');
    await menu.waitFor();
    await page.keyboard.press('Escape');

    await card.getByText('A card').click({ button: 'right' });
    await page.keyboard.press('Enter');
    const form = page.getByRole('dialog', { name: 'Everything' });
    await form.getByLabel('Pictures').setInputFiles([FOX, { ...FOX, name: 'wolf.png' }]);
    await form.getByRole('button', { name: 'Remove wolf.png' }).click();
    await form.getByRole('radio', { name: 'TALL' }).check();
    await form.getByRole('checkbox', { name: 'WIDE' }).check();
    await form.getByRole('checkbox', { name: 'Sure' }).check();
    await form.getByRole('combobox', { name: 'Who' }).selectOption({ label: 'Noah' });
    await form.getByRole('button', { name: 'Submit' }).click();
    await form.waitFor({ state: 'detached' });
    assert.deepEqual(sent, [{ files: ['fox.png'], shape: 'tall', also: ['wide'], sure: true, who: ['noah'] }]);
    const note = article(page, 'Kept');
    await note.getByRole('button', { name: 'Dismiss message' }).click();
    await note.waitFor({ state: 'detached' });
  });

  it('look at the pictures of a card large, one after the other, and come back to where they were', async (t) => {
    const { page, post } = await openPage(t, { answer: null, viewport });
    const items = ['A fox', 'A wolf'].map((description, index) => ({
      media: { url: `attachment://${index}.png` },
      description,
    }));
    const files = items.map((_, index) => ({ name: `${index}.png`, data: PNG }));
    await post({ flags: V2, components: [container(text('### Done'), { type: 12, items })] }, files);
    await page.getByRole('button', { name: 'Open the picture: A fox' }).press('Enter');
    await page.getByRole('dialog', { name: 'A fox' }).getByText('1 of 2').waitFor();
    await page.keyboard.press('ArrowRight');
    const second = page.getByRole('dialog', { name: 'A wolf' });
    await second.getByRole('img', { name: 'A wolf' }).waitFor();
    for (let count = 0; count < 6; count += 1) await page.keyboard.press('Tab');
    assert.equal(
      await page.evaluate(`document.activeElement.closest('.log') !== null
      && document.activeElement.closest('dialog') === null`),
      false,
    );
    await page.keyboard.press('Home');
    await page.getByRole('dialog', { name: 'A fox' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate('document.activeElement.ariaLabel'), 'Open the picture: A fox');
  });

  it('see in red what Discord would have refused, in the channel and among the requests', async (t) => {
    const { page, post } = await openPage(t, { answer: null, viewport });
    const label = 'x'.repeat(81);
    await assert.rejects(post({ content: 'no', components: [row(button(label, { custom_id: 'a' }))] }));
    const line = page.getByRole('log').getByRole('listitem').filter({ hasText: 'Discord refused' });
    const words = await line.innerText();
    assert.match(words, /Discord refused POST \/channels\/…\d{4}\/messages\s+50035 Invalid Form Body/u);
    assert.match(words, /components\[0\]\.components\[0\]\.label .*80.* BASE_TYPE_MAX_LENGTH/u);
    await openPanel(page);
    const panel = page.getByRole('complementary', { name: 'Sandbox' });
    await panel.getByText('Replicate', { exact: true }).last().click();
    await panel.getByText('None of these yet.').waitFor();
    await panel.getByText('Refused', { exact: true }).click();
    await panel.getByText('50035').waitFor();
    await page.keyboard.press('Escape');
    await line.getByRole('button', { name: 'Dismiss the refusal' }).click();
    await line.waitFor({ state: 'detached' });
  });

  it('start the bot and kill it', async (t) => {
    const botEntry = join(folder, `bot-${viewport.width}.mjs`);
    writeFileSync(botEntry, SMALL_BOT);
    const { page, sandbox } = await openPage(t, { answer: null, viewport, botEntry });
    await page.getByText('The bot is not running: press Start the bot in the panel first.').waitFor();
    await openPanel(page);
    const panel = page.getByRole('complementary', { name: 'Sandbox' });
    await panel.getByRole('button', { name: 'Start the bot' }).click();
    await panel.getByRole('status').getByText('Online').waitFor();
    const pid = sandbox.control?.botStatus().pid;
    assert.ok(pid);
    await panel.getByText(`process ${pid}`).waitFor();
    await panel.getByRole('button', { name: 'Kill the bot' }).click();
    await panel.getByRole('status').getByText('Stopped').waitFor();
    await panel.getByText('slow', { exact: true }).click();
    await panel.getByText('4 s queue, 20 s work').waitFor();
  });
}

function article(page: Page, words: string): Locator {
  return page.getByRole('article').filter({ hasText: words });
}

/** It stands open where there is room. */
async function openPanel(page: Page): Promise<void> {
  const opener = page.getByRole('button', { name: 'Sandbox panel' });
  if ((await opener.getAttribute('aria-expanded')) === 'false') await opener.click();
}

/** As a person's hand does: a file over the channel, then let go. */
async function dropFile(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob('${PNG.toString('base64')}'), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], 'fox.png', { type: 'image/png' }));
    const drop = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector('.log').dispatchEvent(drop);
  })()`);
}

/** A page with a bot that writes down what it was given, and answers. */
async function openUsed(t: TestContext, viewport: { width: number; height: number }) {
  const asked: Record<string, unknown>[] = [];
  const sent: Record<string, unknown>[] = [];
  const answer = async (interaction: Interaction): Promise<void> => {
    if (interaction.isAutocomplete()) {
      const names = ['flux schnell', 'flux dev'].filter((name) => name.includes(interaction.options.getFocused()));
      await interaction.respond(names.map((name) => ({ name, value: `bfl/${name.replace(' ', '-')}` })));
    } else if (interaction.isMessageContextMenuCommand()) {
      await interaction.showModal(EVERYTHING);
    } else if (interaction.isModalSubmit()) {
      const { fields } = interaction;
      sent.push({
        files: [...(fields.getUploadedFiles('files')?.values() ?? [])].map((file) => file.name),
        shape: fields.getRadioGroup('shape'),
        also: fields.getCheckboxGroup('also'),
        sure: fields.getCheckbox('sure'),
        who: [...(fields.getSelectedUsers('who')?.values() ?? [])].map((user) => user.username),
      });
      await interaction.reply({ content: 'Kept', flags: 64 });
    } else if (interaction.isChatInputCommand()) {
      const given: [string, unknown][] = [];
      for (const { name, value, attachment } of interaction.options.data) {
        if (!attachment) given.push([name, value]);
        else given.push([name, `${attachment.name} ${attachment.contentType} ${await fetchBase64(attachment.url)}`]);
      }
      asked.push(Object.fromEntries(given));
      await interaction.reply('Asked');
    }
  };
  const opened = await openPage(t, { viewport, commands: MORE_COMMANDS, answer });
  return { ...opened, asked, sent };
}

async function fetchBase64(url: string): Promise<string> {
  return Buffer.from(await (await fetch(url)).arrayBuffer()).toString('base64');
}

const CHOICES = ['wide', 'tall'].map((value) => ({ label: value.toUpperCase(), value }));
const EVERYTHING = {
  custom_id: 'all',
  title: 'Everything',
  components: [
    { type: 18, label: 'Pictures', component: { type: 19, custom_id: 'files', max_values: 2 } },
    { type: 18, label: 'Shape', component: { type: 21, custom_id: 'shape', options: CHOICES } },
    { type: 18, label: 'Also', component: { type: 22, custom_id: 'also', required: false, options: CHOICES } },
    { type: 18, label: 'Sure', component: { type: 23, custom_id: 'sure' } },
    { type: 18, label: 'Who', component: { type: 5, custom_id: 'who', required: false } },
  ],
};
