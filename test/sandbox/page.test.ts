import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Interaction } from 'discord.js';
import type { Locator, Page } from 'playwright-core';
import { startControl } from '../../sandbox/control.ts';
import { findBrowser } from '../browser.ts';
import { button, container, openPage, PHONE, row, text, useBrowser, V2 } from './open-page.ts';

const { skip } = findBrowser();
/** 1 × 1 pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe('the sandbox page', { skip }, () => {
  useBrowser(skip);

  describe('the composer', () => {
    it('tells a newcomer what to type, and sends the example', async (t) => {
      const { page, asked } = await openAsking(t);
      await page.getByRole('button', { name: 'Try this example' }).click();
      await message(page).press('Enter');
      await page.getByRole('article').getByText('Asked').waitFor();
      assert.deepEqual(asked, [{ prompt: 'a beautiful sunset over mountains' }]);
      assert.equal(await message(page).inputValue(), '');
      await page.getByText('Mira used /generate').waitFor();
    });

    it('reads a command typed as plain text, names in any order, and colons that belong to the text', async (t) => {
      const { page, asked } = await openAsking(t);
      await message(page).fill(
        '/generate seed: 7 private: yes prompt: a sign that says: open, size: 3 aspect_ratio: 16:9',
      );
      await message(page).press('Enter');
      await page.getByRole('article').getByText('Asked').waitFor();
      await message(page).fill('/generate a fox without a name');
      await message(page).press('Enter');
      await page.getByRole('article').nth(1).waitFor();
      assert.deepEqual(asked, [
        { prompt: 'a sign that says: open, size: 3', aspect_ratio: '16:9', seed: 7, private: true },
        { prompt: 'a fox without a name' },
      ]);
    });

    it('can be used by keyboard alone: the command, an option behind +N more, a choice', async (t) => {
      const { page, asked } = await openAsking(t);
      await message(page).focus();
      await page.keyboard.type('/ge');
      await page.getByRole('option', { name: '/generate' }).waitFor();
      await page.keyboard.press('Enter');
      await focused(page, 'prompt');
      await page.keyboard.type('a fox');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await focused(page, 'aspect_ratio');
      await page.keyboard.press('ArrowDown');
      await page.getByRole('option', { name: '3:2', selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');
      await page.getByRole('article').getByText('Asked').waitFor();
      await focused(page, 'Message');
      assert.deepEqual(asked, [{ prompt: 'a fox', aspect_ratio: '3:2' }]);
    });

    it('shows the values that the bot suggests, and sends the one that was picked', async (t) => {
      const { page, asked } = await openAsking(t);
      await message(page).fill('/generate');
      await message(page).press('Enter');
      await page.keyboard.type('a fox');
      await page.getByRole('button', { name: '+4 more' }).click();
      await page.getByRole('button', { name: 'model', exact: false }).click();
      await page.keyboard.type('dev');
      await page.getByRole('option', { name: 'flux dev' }).click();
      await page.keyboard.press('Enter');
      await page.getByRole('article').getByText('Asked').waitFor();
      assert.deepEqual(asked, [{ prompt: 'a fox', model: 'black-forest-labs/flux-dev' }]);
    });

    it('closes the list with Escape, then leaves the command', async (t) => {
      const { page } = await openAsking(t);
      await message(page).fill('/');
      await page.getByRole('listbox', { name: 'Commands' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('listbox').waitFor({ state: 'detached' });
      await message(page).fill('/gen');
      await page.keyboard.press('Enter');
      await focused(page, 'prompt');
      await page.keyboard.press('Escape');
      await focused(page, 'Message');
    });

    it('says in red what is wrong with a command and keeps what was typed', async (t) => {
      const { page, asked, complaints } = await openAsking(t);
      const refusals: [string, RegExp][] = [
        ['hello there', /This channel is for slash commands: type \//u],
        ['/nothing', /There is no command \/nothing here/u],
        ['/generate seed: 3', /“prompt” is required/u],
        ['/generate prompt: a seed: many', /“seed” to be a whole number, got “many”/u],
        ['/generate prompt: a aspect_ratio: 5:4', /“aspect_ratio” to be one of 1:1, 3:2, 16:9, got “5:4”/u],
        // This one the server refuses.
        ['/generate prompt: a seed: 1000', /"seed" is at most 100, got 1000/u],
      ];
      for (const [typed, sentence] of refusals) {
        await message(page).fill(typed);
        await message(page).press('Enter');
        await page.getByRole('alert').filter({ hasText: sentence }).waitFor();
        assert.equal(await message(page).inputValue(), typed);
      }
      assert.deepEqual(asked, []);
      // A browser writes every answer of 400 into its console.
      assert.match(complaints.splice(0).join('\n'), /^Failed to load resource: .*400[^\n]*$/u);
    });

    it('says that the application did not respond when no bot is there, to that user alone', async (t) => {
      const { page } = await openPage(t, { answer: null });
      await message(page).fill('/generate prompt: a fox');
      await message(page).press('Enter');
      const notice = page.getByRole('article').filter({ hasText: 'The application did not respond' });
      await notice.waitFor();
      await become(page, 'Noah');
      await notice.waitFor({ state: 'detached' });
      await become(page, 'Mira');
      await notice.getByRole('button', { name: 'Dismiss' }).click();
      await notice.waitFor({ state: 'detached' });
    });
  });

  describe('messages', () => {
    it('never become markup, and link only to the web', async (t) => {
      const { page, post } = await openPage(t, { answer: null });
      const hostile = [
        '<img src=x onerror="document.title=1"><script>document.title=1</script>',
        '[a](javascript:document.title=1) [good](https://example.com/a) **bold** \\*plain\\* `<b>`',
      ].join('\n');
      await post({ flags: V2, components: [container(text(hostile))] });
      const article = page.getByRole('article');
      await article.getByText('<script>document.title=1</script>').waitFor();
      assert.equal(await article.locator('img, script').count(), 0);
      const links = article.getByRole('link');
      assert.equal(await links.count(), 1);
      assert.equal(await links.getAttribute('href'), 'https://example.com/a');
      assert.match((await links.getAttribute('rel')) ?? '', /noopener/u);
      assert.equal(await article.locator('strong', { hasText: /^bold$/u }).count(), 1);
      await article.getByText('*plain*').waitFor();
      assert.equal(await page.title(), 'Darkroom sandbox');
    });

    it('show Discord markdown: headings, lists, quotes, code, mentions, times that tick', async (t) => {
      const { page, post, sandbox } = await openPage(t, { answer: null });
      const at = Math.floor(sandbox.clock.now() / 1000) + 30;
      const content = `# Big\n-# small\n> said\n- one\n- two\n\`\`\`js\nlet x;\n\`\`\`\n<@${sandbox.discord.users.member.id}> <t:${at}:R> file_name_kept`;
      await post({ flags: V2, components: [text(content)] });
      const article = page.getByRole('article');
      await article.getByRole('heading', { name: 'Big' }).waitFor();
      assert.equal(await article.getByRole('listitem').count(), 2);
      assert.equal(await article.locator('blockquote').innerText(), 'said');
      assert.equal(await article.locator('pre').innerText(), 'let x;');
      await article.getByText('@Mira').waitFor();
      await article.getByText('file_name_kept').waitFor();
      await article.getByText(/^in \d+ seconds$/u).waitFor();
      await page.getByRole('button', { name: '+1 minute' }).click();
      await article.getByText(/^\d+ seconds ago$/u).waitFor();
    });

    it('show a card: picture with alt text that opens and closes by keyboard, file that downloads whole', async (t) => {
      const { page, post } = await openPage(t, { answer: null });
      const gallery = { type: 12, items: [{ media: { url: 'attachment://fox.png' }, description: 'A fox' }] };
      const components = [container(text('### Done'), gallery, { type: 13, file: { url: 'attachment://fox.png' } })];
      await post({ flags: V2, components }, [{ name: 'fox.png', data: PNG }]);
      await page.getByRole('img', { name: 'A fox' }).waitFor();
      await page.getByRole('button', { name: 'Open the picture: A fox' }).press('Enter');
      await page.getByRole('dialog', { name: 'A fox' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download fox.png' }).click();
      const saved = await download;
      assert.equal(saved.suggestedFilename(), 'fox.png');
      assert.deepEqual(await readFile(await saved.path()), PNG);
    });

    it('show every kind of component, old and new, with its name', async (t) => {
      const { page, post } = await openPage(t, { answer: null });
      const section = { type: 9, components: [text('words')], accessory: button('Beside') };
      const menu = { type: 3, custom_id: 'menu', placeholder: 'Pick one', options: [{ label: 'One', value: '1' }] };
      const link = { type: 2, style: 5, label: 'Site', url: 'https://example.com' };
      const buttons = row(button('Off', { disabled: true }), button('Go', { emoji: { name: '🔁' } }), link);
      await post({ flags: V2, components: [container(section, { type: 14 }, row(menu), buttons)] });
      await post({ content: 'old **style**', components: [row(button('Old'))] }, [{ name: 'a.txt', data: PNG }]);
      await page.getByRole('button', { name: 'Old' }).waitFor();
      await page.getByRole('button', { name: 'Beside' }).waitFor();
      await page.getByRole('separator').waitFor();
      await page.getByRole('combobox', { name: 'Pick one' }).waitFor();
      assert.equal(await page.getByRole('button', { name: 'Off' }).isDisabled(), true);
      assert.equal(await page.getByRole('button', { name: /Go$/u }).isEnabled(), true);
      assert.equal(await page.getByRole('link', { name: 'Site' }).getAttribute('href'), 'https://example.com');
      await page.getByRole('link', { name: 'Download a.txt' }).waitFor();
    });

    it('are edited and deleted in front of the reader', async (t) => {
      const { page, sandbox, channelId } = await openPage(t, {
        answer: async (interaction) => {
          if (!interaction.isChatInputCommand()) return;
          await interaction.deferReply();
          await page.getByRole('article').getByText('Darkroom is thinking').waitFor();
          await interaction.editReply('Here it is');
        },
      });
      await message(page).fill('/generate prompt: a fox');
      await message(page).press('Enter');
      await page.getByRole('article').getByText('Here it is').waitFor();
      const [shown] = sandbox.discord.messages(channelId, sandbox.discord.users.member.id);
      sandbox.discord.deleteMessage(shown?.message.id ?? '');
      await page.getByRole('article').waitFor({ state: 'detached' });
    });

    it('that are ephemeral are seen by one user and can be dismissed', async (t) => {
      const { page } = await openPage(t, {
        answer: async (interaction) => {
          if (interaction.isChatInputCommand()) await interaction.reply({ content: 'A secret', flags: 64 });
        },
      });
      await message(page).fill('/generate prompt: a fox');
      await message(page).press('Enter');
      const secret = page.getByRole('article').filter({ hasText: 'A secret' });
      await secret.getByText('Only you can see this').waitFor();
      await become(page, 'Noah');
      await secret.waitFor({ state: 'detached' });
      await become(page, 'Mira');
      await secret.getByRole('button', { name: 'Dismiss' }).click();
      await secret.waitFor({ state: 'detached' });
    });

    it('stay where the reader scrolled, and follow the newest otherwise', async (t) => {
      const { page, post } = await openPage(t, { answer: null });
      for (let count = 1; count <= 12; count += 1) await post({ content: `line ${count}\n\n\n\n` + 'x\n'.repeat(8) });
      await page.getByRole('article').getByText('line 12').waitFor();
      await page.waitForFunction(`(() => { const log = document.querySelector('.log');
        return log.scrollHeight - log.scrollTop - log.clientHeight < 5; })()`);
      await page.evaluate(`document.querySelector('.log').scrollTop = 100`);
      await page.getByRole('button', { name: 'Jump to the newest' }).waitFor();
      await post({ content: 'line 13' });
      await page.getByRole('article').getByText('line 13').waitFor({ state: 'attached' });
      assert.equal(await page.evaluate(`document.querySelector('.log').scrollTop`), 100);
      await page.getByRole('button', { name: 'Jump to the newest' }).click();
      await page.getByRole('button', { name: 'Jump to the newest' }).waitFor({ state: 'detached' });
    });
  });

  describe('buttons and forms', () => {
    it('show that a press is on its way until it is answered', async (t) => {
      const answered = createSignal();
      const { page, post } = await openPage(t, {
        answer: async (interaction) => {
          await answered.given;
          if (interaction.isButton()) await interaction.update({ content: 'Pressed', components: [] });
        },
      });
      await post({ content: 'Press it', components: [row(button('Go'))] });
      await page.getByRole('button', { name: 'Go' }).click();
      await page.locator('button[aria-busy="true"]', { hasText: 'Go' }).waitFor();
      answered.give();
      await page.getByRole('article').getByText('Pressed').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Go' }).count(), 0);
    });

    it('say so when nobody answers a press, until that is dismissed', async (t) => {
      const { page, post } = await openPage(t, { answer: null });
      await post({ content: 'Press it', components: [row(button('Go'))] });
      await page.getByRole('button', { name: 'Go' }).click();
      const trouble = page.getByRole('alert').filter({ hasText: 'The application did not respond' });
      await trouble.waitFor();
      assert.equal(await page.getByRole('button', { name: 'Go' }).getAttribute('aria-busy'), 'false');
      await trouble.getByRole('button', { name: 'Dismiss' }).click();
      await trouble.waitFor({ state: 'detached' });
    });

    it('open a form as a dialog that can be filled in and sent by keyboard', async (t) => {
      const sent: Record<string, string>[] = [];
      const { page, post } = await openPage(t, { answer: (interaction) => answerWithForm(interaction, sent) });
      await post({ content: 'Edit it', components: [row(button('Edit prompt'))] });
      await page.getByRole('button', { name: 'Edit prompt' }).press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Edit prompt' });
      await dialog.waitFor();
      await focused(page, 'Prompt');
      assert.equal(await dialog.getByRole('textbox', { name: 'Prompt' }).inputValue(), 'a fox');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });

      await page.getByRole('button', { name: 'Edit prompt' }).press('Enter');
      await dialog.getByRole('textbox', { name: 'Prompt' }).fill('a wolf');
      await dialog.getByRole('combobox', { name: 'Provider' }).selectOption('local');
      await dialog.getByRole('button', { name: 'Submit' }).press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('article').getByText('Saved').waitFor();
      assert.deepEqual(sent, [{ prompt: 'a wolf', provider: 'local' }]);
    });
  });

  describe('the panel', () => {
    it('shows requests as they go, a refused one with its code and paths', async (t) => {
      const { page, post } = await openPage(t, { answer: null });
      await assert.rejects(post({ flags: V2, components: [text('x'.repeat(4_001))] }));
      const panel = page.getByRole('complementary', { name: 'Sandbox' });
      await panel.getByText('50035').waitFor();
      const line = panel.getByRole('listitem').filter({ hasText: '50035' });
      assert.match(await line.innerText(), /POST[\s\S]*\/channels\/…\d{4}\/messages[\s\S]*400[\s\S]*components/u);
    });

    it('arms faults, counts them and clears them', async (t) => {
      const { page, sandbox } = await openPage(t, { answer: null });
      const panel = page.getByRole('complementary', { name: 'Sandbox' });
      await panel.getByText('Replicate', { exact: false }).locator('xpath=ancestor-or-self::summary').click();
      const fault = panel.getByRole('button', { name: /next create fails \(500\)/u });
      await fault.click();
      await panel.getByText('×1').first().waitFor();
      await fault.click();
      await panel.getByText('×2').first().waitFor();
      await panel.getByRole('button', { name: 'Clear faults' }).click();
      await panel.getByText('×2').first().waitFor({ state: 'detached' });
      await panel.getByRole('button', { name: '+15 minutes' }).click();
      await panel.getByText('+15 min', { exact: true }).waitFor();
      assert.ok(sandbox.clock.now() - Date.now() > 890_000);
    });

    it('tells that the bot is stopped and offers to start it', async (t) => {
      const { page } = await openPage(t, { answer: null });
      const panel = page.getByRole('complementary', { name: 'Sandbox' });
      await panel.getByRole('status').getByText('Stopped').waitFor();
      assert.equal(await panel.getByRole('button', { name: 'Kill the bot' }).isDisabled(), true);
      assert.equal(await panel.getByRole('button', { name: 'Start the bot' }).isEnabled(), true);
    });
  });

  describe('the page as a whole', () => {
    it('fits a phone: nothing scrolls sideways, channels and panel stand behind buttons', async (t) => {
      const { page, post } = await openPage(t, { answer: null, viewport: PHONE });
      const long = `${'🦊🎨🌋'.repeat(100)}\n${'مرحبا بالعالم '.repeat(20)}\n${'a'.repeat(500)}`;
      const buttons = row(...['Download', 'Again', 'Edit prompt', 'Animate', 'Details'].map((label) => button(label)));
      await post({ flags: V2, components: [container(text(`> ${long}`), text(`\`\`\`\n${long}\n\`\`\``), buttons)] });
      await page.getByRole('button', { name: 'Details' }).waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width);
      assert.equal(
        await page.evaluate(`(() => { const log = document.querySelector('.log');
        return log.scrollWidth - log.clientWidth; })()`),
        0,
      );

      const start = page.getByRole('button', { name: 'Start the bot' });
      assert.equal(await start.isVisible(), false);
      await page.getByRole('button', { name: 'Sandbox panel' }).click();
      await start.waitFor();
      await page.keyboard.press('Escape');
      await start.waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Channels' }).click();
      await page.getByRole('navigation').getByRole('button', { name: 'general' }).click();
      await page.getByRole('heading', { name: 'Welcome to #general' }).waitFor();
    });

    it('keeps the second server and its user apart from the first', async (t) => {
      const { page, post } = await openPage(t, { answer: null });
      await post({ content: 'Only here' });
      await page.getByRole('article').getByText('Only here').waitFor();
      await become(page, 'Pavel (moderator)');
      await page.getByRole('heading', { name: 'Welcome to #lounge' }).waitFor();
      assert.equal(await page.getByRole('article').count(), 0);
    });

    it('has landmarks', async (t) => {
      const { page } = await openPage(t, { answer: null });
      for (const role of ['banner', 'navigation', 'main', 'complementary'] as const) {
        assert.equal(await page.getByRole(role).count(), 1, role);
      }
    });

    it('turns light or dark, and stays so', async (t) => {
      const { page } = await openPage(t, { answer: null });
      const theme = (): Promise<unknown> => page.evaluate('document.documentElement.dataset.theme');
      const before = await theme();
      await page.getByRole('button', { name: /Switch to the/u }).click();
      await page.waitForFunction(`document.documentElement.dataset.theme !== ${JSON.stringify(before)}`);
      const changed = await theme();
      await page.reload();
      await message(page).waitFor();
      assert.equal(await theme(), changed);
    });

    it('comes back by itself when the sandbox was away', async (t) => {
      const { page, sandbox, post, complaints } = await openPage(t, { answer: null });
      const control = sandbox.control;
      assert.ok(control);
      await control.close();
      await page.getByText('Connection lost').waitFor();
      await post({ content: 'Said meanwhile' });
      const { discord, replicate, gemini } = sandbox;
      const port = Number(new URL(control.url).port);
      const again = await startControl({ port, discord, replicate, gemini, bot: { env: {} } });
      t.after(() => again.close());
      await page.getByRole('article').getByText('Said meanwhile').waitFor();
      await page.getByText('Connection lost').waitFor({ state: 'detached' });
      // Every try at a server that is away is written into the console.
      assert.ok(complaints.splice(0).every((complaint) => complaint.includes('/live')));
    });
  });
});

function message(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Message' });
}

async function focused(page: Page, name: string): Promise<void> {
  await page.waitForFunction(
    `(() => { const at = document.activeElement;
      return (at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? '').startsWith(${JSON.stringify(name)}); })()`,
  );
}

async function become(page: Page, name: string): Promise<void> {
  await page.getByRole('combobox', { name: 'You are' }).selectOption({ label: name });
}

/** A page with a bot that writes down what it was asked, and answers. */
async function openAsking(t: Parameters<typeof openPage>[0]) {
  const asked: Record<string, unknown>[] = [];
  const opened = await openPage(t, {
    answer: async (interaction) => {
      if (interaction.isAutocomplete()) {
        const models = ['flux-schnell', 'flux-dev'].filter((name) => name.includes(interaction.options.getFocused()));
        await interaction.respond(
          models.map((name) => ({ name: name.replace('-', ' '), value: `black-forest-labs/${name}` })),
        );
      }
      if (!interaction.isChatInputCommand()) return;
      asked.push(Object.fromEntries(interaction.options.data.map(({ name, value }) => [name, value])));
      await interaction.reply('Asked');
    },
  });
  return { ...opened, asked };
}

async function answerWithForm(interaction: Interaction, sent: Record<string, string>[]): Promise<void> {
  if (interaction.isButton()) {
    await interaction.showModal({
      custom_id: 'edit',
      title: 'Edit prompt',
      components: [
        { type: 18, label: 'Prompt', component: { type: 4, custom_id: 'prompt', style: 2, value: 'a fox' } },
        {
          type: 18,
          label: 'Provider',
          component: {
            type: 3,
            custom_id: 'provider',
            options: [
              { label: 'replicate', value: 'replicate', default: true },
              { label: 'local', value: 'local' },
            ],
          },
        },
      ],
    });
  }
  if (!interaction.isModalSubmit()) return;
  sent.push({
    prompt: interaction.fields.getTextInputValue('prompt'),
    provider: interaction.fields.getStringSelectValues('provider')[0] ?? '',
  });
  await interaction.reply({ content: 'Saved', flags: 64 });
}

/** A promise and the way to fulfil it. */
function createSignal(): { given: Promise<void>; give(): void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}
