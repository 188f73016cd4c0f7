/** Forms and menus behind other answers: a form after a menu command or a choice, choices on private messages, late suggestions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ApplicationCommandType,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  Routes,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import type {
  AutocompleteInteraction,
  MessageContextMenuCommandInteraction,
  ModalSubmitInteraction,
  StringSelectMenuInteraction,
} from 'discord.js';
import type { InteractionOutcome, ModalValue } from '../../sandbox/interface.ts';
import { refused, row, startBot, text, v2, type TestBot } from './discord-bot.ts';

const PICTURES = ['main', 'lifestyle', 'comparison'].map((value) => ({ label: value, value }));
const MENU = { type: 3, custom_id: 'which', placeholder: 'Which picture?', options: PICTURES };

function referenceForm(): ModalBuilder {
  return new ModalBuilder()
    .setCustomId('reference')
    .setTitle('Use as reference')
    .addLabelComponents(
      new LabelBuilder()
        .setLabel('Picture')
        .setStringSelectMenuComponent(
          new StringSelectMenuBuilder()
            .setCustomId('picture')
            .addOptions(PICTURES.map((option, index) => ({ ...option, default: index === 1 }))),
        ),
      new LabelBuilder()
        .setLabel('Prompt')
        .setDescription('What to make of it')
        .setTextInputComponent(
          new TextInputBuilder().setCustomId('prompt').setStyle(TextInputStyle.Paragraph).setMinLength(2),
        ),
    );
}

function submit(bot: TestBot, { interactionId }: InteractionOutcome, values: Record<string, ModalValue>) {
  const ask = { userId: bot.memberId, interactionId, customId: 'reference', values };
  return bot.receive<ModalSubmitInteraction>(() => bot.discord.submitModal(ask));
}

/** A private message with a menu, as the answer to a command. */
async function askPrivately(bot: TestBot): Promise<string> {
  const { interaction, outcome } = await bot.generate();
  const { components } = v2(text('Which one?'), row(MENU));
  await interaction.reply({
    components: components as never,
    flags: MessageFlags.IsComponentsV2 | MessageFlags.Ephemeral,
  });
  const answered = await outcome;
  assert.ok(answered.status === 'answered' && answered.messageId !== null);
  return answered.messageId;
}

function choose(bot: TestBot, messageId: string, values: string[]) {
  const ask = { userId: bot.memberId, messageId, customId: 'which', values };
  return bot.receive<StringSelectMenuInteraction>(() => bot.discord.press(ask));
}

test('a command of the message menu may be answered with a form, whose choice and text come back', async (t) => {
  const bot = await startBot(t);
  const { discord, rest, channelId, memberId } = bot;
  await rest.put(Routes.applicationCommands(discord.applicationId), {
    body: [{ name: 'Use as reference', type: ApplicationCommandType.Message }],
  });
  const { id: messageId } = (await rest.post(Routes.channelMessages(channelId), { body: { content: 'x' } })) as {
    id: string;
  };
  const { interaction, outcome } = await bot.receive<MessageContextMenuCommandInteraction>(() =>
    discord.runMessageCommand({ userId: memberId, messageId, name: 'Use as reference' }),
  );
  await interaction.showModal(referenceForm());
  const opened = await outcome;
  assert.equal(opened.status === 'answered' && opened.modal?.title, 'Use as reference');
  await assert.rejects(
    discord.submitModal({
      userId: memberId,
      interactionId: opened.interactionId,
      customId: 'reference',
      values: { picture: 'other', prompt: 'a fox' },
    }),
    /"Picture" has no value "other"/u,
  );
  const { interaction: form, outcome: sent } = await submit(bot, opened, { prompt: 'a fox' });
  assert.deepEqual(form.fields.getStringSelectValues('picture'), ['lifestyle']);
  assert.equal(form.fields.getTextInputValue('prompt'), 'a fox');
  assert.equal(form.isFromMessage(), false);
  await form.reply('on its way');
  const answered = await sent;
  assert.ok(answered.status === 'answered' && answered.messageId !== null);
  const metadata = discord.getMessage(answered.messageId)?.message.interaction_metadata as unknown as {
    triggering_interaction_metadata: { target_message_id: string };
  };
  assert.equal(metadata.triggering_interaction_metadata.target_message_id, messageId);
});

test('a choice on a private message may be answered with a new public message, or by changing the private one', async (t) => {
  const bot = await startBot(t);
  const { discord, channelId } = bot;
  const asked = await askPrivately(bot);
  const first = await choose(bot, asked, ['main']);
  assert.deepEqual(first.interaction.values, ['main']);
  assert.equal(first.interaction.message.flags.has(MessageFlags.Ephemeral), true);
  await first.interaction.reply('Everybody reads this');
  const answered = await first.outcome;
  assert.ok(answered.status === 'answered' && answered.messageId !== null);
  assert.equal(discord.getMessage(answered.messageId)?.ephemeralFor, null);
  const seen = discord.messages(channelId, discord.users.member2.id).map(({ message }) => message.id);
  assert.deepEqual(seen, [answered.messageId]);

  const second = await choose(bot, asked, ['lifestyle']);
  await second.interaction.update({ components: [{ type: 10, content: 'Chosen' }] as never });
  await second.outcome;
  assert.equal(JSON.stringify(discord.getMessage(asked)?.message.components).includes('Chosen'), true);
  assert.equal(discord.getMessage(asked)?.ephemeralFor, bot.memberId);
  // Its own answer can still be changed afterwards: the token of the choice reaches it.
  await second.interaction.editReply({ components: [{ type: 10, content: 'Changed' }] as never });
  assert.equal(JSON.stringify(discord.getMessage(asked)?.message.components).includes('Changed'), true);
});

test('a choice may open a form, and sending that may change the private message of the choice', async (t) => {
  const bot = await startBot(t);
  const asked = await askPrivately(bot);
  const { interaction, outcome } = await choose(bot, asked, ['main']);
  await interaction.showModal(referenceForm());
  const { interaction: form } = await submit(bot, await outcome, { picture: ['comparison'], prompt: 'a mug' });
  assert.ok(form.isFromMessage());
  assert.equal(form.message.id, asked);
  assert.deepEqual(form.fields.getStringSelectValues('picture'), ['comparison']);
  await form.update({ components: [{ type: 10, content: 'Thanks' }] as never });
  assert.equal(JSON.stringify(bot.discord.getMessage(asked)?.message.components).includes('Thanks'), true);
});

test('suggestions that come after 3 seconds are refused, and the person reads that there are none', async (t) => {
  const bot = await startBot(t);
  const { discord, channelId, memberId } = bot;
  const ask = { userId: memberId, channelId, name: 'generate', options: { prompt: 'a fox' }, focused: 'model' };
  let said: Promise<unknown> = Promise.resolve();
  const { interaction } = await bot.receive<AutocompleteInteraction>(async () => {
    said = assert.rejects(discord.autocomplete(ask), /Loading options failed/u);
    return said as Promise<never>;
  });
  await said;
  assert.equal((await refused(discord, interaction.respond([{ name: 'late', value: 'late' }]))).code, 10062);
});
