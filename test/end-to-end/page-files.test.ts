/** Files, videos, choices and forms on the page, in a real browser against the real server and discord.js. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { LabelBuilder, ModalBuilder, StringSelectMenuBuilder, TextInputBuilder, type Interaction } from 'discord.js';
import type { Page } from 'playwright-core';
import { drawVideo } from '../../sandbox/video.ts';
import { findBrowser } from '../browser.ts';
import { PNG } from '../sandbox/discord-bot.ts';
import { container, openPage, row, text, useBrowser, V2 } from '../sandbox/open-page.ts';

const { skip } = findBrowser();
const PHONE = { width: 390, height: 844 };
const OPTIONS = ['main', 'lifestyle'].map((value) => ({ label: value, value, description: `the ${value} picture` }));
const COMMANDS = [
  {
    name: 'animate',
    description: 'Move a picture',
    options: [
      { type: 3, name: 'prompt', description: 'What moves' },
      { type: 11, name: 'image', description: 'The picture', file_types: ['image'] },
    ],
  },
  { name: 'Use as reference', type: 3 },
];

/** Answers each way of asking, and keeps what it was given. */
function createBot() {
  const got: unknown[] = [];
  const answer = async (interaction: Interaction): Promise<unknown> => {
    if (interaction.isChatInputCommand()) {
      const file = interaction.options.getAttachment('image');
      got.push([interaction.attachmentSizeLimit, file?.name, interaction.options.getString('prompt')]);
      const menu = { type: 3, custom_id: 'which', placeholder: 'Which picture?', options: OPTIONS };
      return interaction.reply({ content: 'Which one?', components: [row(menu)] as never, flags: 64 });
    }
    if (interaction.isMessageContextMenuCommand()) {
      got.push([...interaction.targetMessage.attachments.values()].map(({ name, contentType }) => [name, contentType]));
      return interaction.showModal(referenceForm());
    }
    if (interaction.isModalSubmit()) {
      const { fields } = interaction;
      got.push([fields.getStringSelectValues('picture'), fields.getTextInputValue('prompt')]);
      return interaction.reply('On its way');
    }
    if (interaction.isStringSelectMenu()) return interaction.reply(`Everybody sees ${interaction.values.join()}`);
    return undefined;
  };
  return { got, answer };
}

function referenceForm(): ModalBuilder {
  const menu = new StringSelectMenuBuilder().setCustomId('picture').addOptions(OPTIONS);
  const prompt = new TextInputBuilder().setCustomId('prompt').setStyle(2);
  return new ModalBuilder()
    .setCustomId('reference')
    .setTitle('Use as reference')
    .addLabelComponents(
      new LabelBuilder().setLabel('Picture').setStringSelectMenuComponent(menu),
      new LabelBuilder().setLabel('Prompt').setTextInputComponent(prompt),
    );
}

const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const article = (page: Page, words: string) => page.getByRole('article').filter({ hasText: words }).first();

async function openWithBot(t: TestContext, viewport?: typeof PHONE) {
  const bot = createBot();
  const opened = await openPage(t, {
    answer: bot.answer,
    commands: COMMANDS,
    ...(viewport === undefined ? {} : { viewport }),
  });
  return { ...opened, got: bot.got };
}

describe('on the page', { skip }, () => {
  useBrowser(skip);

  it('whoever has no file takes a sample, posts it, and uses a command of its menu, which opens a form with a choice', async (t) => {
    const { page, got } = await openWithBot(t, PHONE);
    await page.getByRole('button', { name: 'Attach a file' }).click();
    await page.getByRole('button', { name: 'Sample: a red mug on white' }).click();
    await page.getByRole('list', { name: 'Files to send' }).getByText('mug.jpg').waitFor();
    await composer(page).fill('my mug');
    await composer(page).press('Enter');
    const message = article(page, 'my mug');
    await message.getByRole('button', { name: 'Open the picture: mug.jpg' }).waitFor();
    await message.getByRole('button', { name: 'Apps' }).click();
    await page.getByRole('menuitem', { name: 'Use as reference' }).click();
    const form = page.getByRole('dialog', { name: 'Use as reference' });
    await form.getByRole('combobox', { name: 'Picture' }).selectOption('lifestyle');
    await form.getByRole('textbox', { name: 'Prompt' }).fill('on a desk');
    await form.getByRole('button', { name: 'Submit' }).click();
    await article(page, 'On its way').waitFor();
    assert.deepEqual(got, [[['mug.jpg', 'image/jpeg']], [['lifestyle'], 'on a desk']]);
  });

  it('a file may come before its command, can be looked at and taken away, and a sample takes its place', async (t) => {
    const { page, got } = await openWithBot(t);
    await page.locator('input[type="file"]').setInputFiles({ name: 'fox.png', mimeType: 'image/png', buffer: PNG });
    await composer(page).pressSequentially('/animate ');
    await page.getByRole('group', { name: '/animate' }).getByText('fox.png').waitFor();
    await page.getByRole('img', { name: 'Preview of fox.png' }).waitFor();
    await page.getByRole('button', { name: 'Remove fox.png' }).click();
    await page.getByText('Choose, drop or paste').waitFor();
    await page.getByRole('button', { name: 'Sample: a plant in a pot' }).click();
    await page.getByRole('img', { name: 'Preview of plant.jpg' }).waitFor();
    await page.getByLabel('image', { exact: true }).press('Enter');
    await article(page, 'Which one?').waitFor();
    assert.deepEqual(got, [[10 * 1024 * 1024, 'plant.jpg', null]]);
  });

  it('a choice on a private message is made by keyboard, and its public answer is seen by everybody', async (t) => {
    const { page } = await openWithBot(t);
    await composer(page).fill('/animate prompt: waves');
    await composer(page).press('Enter');
    const menu = page.getByRole('combobox', { name: 'Which picture?' });
    await menu.focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await article(page, 'Everybody sees lifestyle').waitFor();
    await page.getByRole('radio', { name: /Noah/u }).check({ force: true });
    await article(page, 'Everybody sees lifestyle').waitFor();
    assert.equal(await article(page, 'Which one?').count(), 0);
  });

  it('whoever sends something while reading above is taken to the answer', async (t) => {
    const { page, post } = await openWithBot(t);
    for (let count = 1; count <= 6; count += 1) await post({ content: `line ${count}\n${'x\n'.repeat(14)}` });
    await article(page, 'line 6').waitFor();
    await page.evaluate(`document.querySelector('.log').scrollTop = 50`);
    await page.getByRole('button', { name: 'Jump to the newest' }).waitFor();
    await composer(page).fill('/animate prompt: waves');
    await composer(page).press('Enter');
    await page.getByRole('button', { name: 'Jump to the newest' }).waitFor({ state: 'detached' });
  });

  it('a video shows its first frame and plays; links that have ended are renewed for who looks', async (t) => {
    const { page, post, sandbox, channelId } = await openPage(t, { answer: null, viewport: PHONE });
    const items = ['sea.mp4', 'fox.png'].map((name) => ({ media: { url: `attachment://${name}` }, description: name }));
    await post({ flags: V2, components: [container(text('### Done'), { type: 12, items })] }, [
      { name: 'sea.mp4', data: drawVideo('the sea') },
      { name: 'fox.png', data: PNG },
    ]);
    await page.getByRole('button', { name: 'Play the video: sea.mp4' }).click();
    await page.waitForFunction(`document.querySelector('video').currentTime > 0.2`);
    const [before] = sandbox.discord.messages(channelId, sandbox.discord.users.member.id);
    await page.getByRole('button', { name: 'Sandbox panel' }).click();
    await page.getByRole('button', { name: 'End all file links' }).click();
    const ended = await fetch(before?.message.attachments[1]?.url ?? '');
    assert.equal(ended.status, 404);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Open the picture: fox.png' }).click();
    const large = page.getByRole('dialog').getByRole('img', { name: 'fox.png' });
    await large.waitFor();
    await page.waitForFunction(`document.querySelector('dialog img').naturalWidth === 2`);
  });

  it('the size limit of the server is set in the panel, and the panel tells which faults meet videos', async (t) => {
    const { page, got } = await openWithBot(t);
    const panel = page.getByRole('complementary', { name: 'Sandbox' });
    await panel.getByText('50 MiB').click();
    await panel.getByRole('radio', { name: '50 MiB' }).and(panel.locator(':checked')).waitFor();
    await composer(page).fill('/animate prompt: waves');
    await composer(page).press('Enter');
    await article(page, 'Which one?').waitFor();
    assert.deepEqual(got, [[50 * 1024 * 1024, undefined, 'waves']]);
    await panel.locator('summary', { hasText: 'Replicate' }).click();
    await panel.getByText('Each meets pictures and videos alike.').waitFor();
    await panel.locator('summary', { hasText: 'Gemini' }).click();
    const words = await panel.locator('.fault', { hasText: 'next video fails' }).innerText();
    assert.match(words, /next video fails\s+videos/u);
  });
});
