import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  GatewayDispatchEvents,
  InteractionType,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  PermissionFlagsBits,
  Routes,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import type {
  AutocompleteInteraction,
  ButtonInteraction,
  ChatInputCommandInteraction,
  ModalSubmitInteraction,
} from 'discord.js';
import type { InteractionOutcome } from '../../sandbox/interface.ts';
import { button, call, refused, row, startBot, text, v2 } from './discord-bot.ts';
import type { TestBot } from './discord-bot.ts';

const MINUTE_MS = 60_000;

function buttons(...customIds: string[]): ActionRowBuilder<ButtonBuilder> {
  return new ActionRowBuilder<ButtonBuilder>().addComponents(
    customIds.map((customId) =>
      new ButtonBuilder().setCustomId(customId).setLabel(customId).setStyle(ButtonStyle.Secondary),
    ),
  );
}

function original(token: string, applicationId: string): `/${string}` {
  return Routes.webhookMessage(applicationId, token, '@original');
}

/** A member types /generate, the bot answers with a message that has one button, the member presses it. */
async function pressButton(
  bot: TestBot,
  flags = 0,
): Promise<{
  command: ChatInputCommandInteraction;
  messageId: string;
  press: ButtonInteraction;
  outcome: Promise<InteractionOutcome>;
}> {
  const { interaction: command, outcome: answered } = await bot.generate();
  await command.reply({ content: 'card', components: [buttons('cancel')], flags });
  const messageId = messageIdOf(await answered);
  const { interaction: press, outcome } = await bot.receive<ButtonInteraction>(() =>
    bot.discord.press({ userId: bot.memberId, messageId, customId: 'cancel' }),
  );
  return { command, messageId, press, outcome };
}

function messageIdOf(outcome: InteractionOutcome): string {
  assert.equal(outcome.status, 'answered');
  const id = outcome.status === 'answered' ? outcome.messageId : null;
  assert.ok(id);
  return id;
}

test('an interaction carries everything the real one carries', async (t) => {
  const bot = await startBot(t);
  const payloads: Record<string, unknown>[] = [];
  bot.client.ws.on(GatewayDispatchEvents.InteractionCreate, (data: Record<string, unknown>) => payloads.push(data));
  const { interaction } = await bot.generate({ prompt: 'a sunset', count: 2, private: true });
  assert.equal(interaction.options.getString('prompt'), 'a sunset');
  assert.equal(interaction.options.getInteger('count'), 2);
  assert.equal(interaction.options.getBoolean('private'), true);
  assert.equal(interaction.attachmentSizeLimit, 10_485_760);
  assert.equal(interaction.locale, 'en-US');
  assert.ok(interaction.appPermissions.has(PermissionFlagsBits.AttachFiles));
  assert.ok(interaction.memberPermissions?.has(PermissionFlagsBits.SendMessages));
  assert.equal(interaction.memberPermissions?.has(PermissionFlagsBits.ManageMessages), false);
  assert.ok(Math.abs(interaction.createdTimestamp - bot.discord.clock.now()) < 5_000);
  assert.ok(interaction.token.length > 100);
  const [payload] = payloads;
  const fields = [
    'application_id',
    'guild',
    'guild_id',
    'channel',
    'channel_id',
    'member',
    'version',
    'guild_locale',
    'entitlements',
    'authorizing_integration_owners',
    'context',
  ];
  assert.deepEqual(
    fields.filter((field) => payload?.[field] === undefined),
    [],
  );
});

test('a locale that was asked for reaches the bot', async (t) => {
  const bot = await startBot(t);
  const { discord, channelId, memberId } = bot;
  const { interaction } = await bot.receive(() =>
    discord.runCommand({ userId: memberId, channelId, name: 'generate', options: { prompt: 'hi' }, locale: 'ja' }),
  );
  assert.equal(interaction.locale, 'ja');
});

test('an answer in time shows its message; with_response tells its id', async (t) => {
  const bot = await startBot(t);
  const { interaction, outcome } = await bot.generate();
  const response = await interaction.reply({ content: 'queued', withResponse: true });
  assert.equal(response.interaction.responseMessageId, messageIdOf(await outcome));
  assert.equal(response.interaction.responseMessageLoading, false);
  assert.equal(response.resource?.message?.content, 'queued');
  const [seen] = bot.discord.messages(bot.channelId, bot.memberId);
  assert.equal(seen?.message.content, 'queued');
});

test('a deferred answer tells its message id with_response and is loading until it is edited', async (t) => {
  const bot = await startBot(t);
  const { interaction, outcome } = await bot.generate();
  const response = await interaction.deferReply({ withResponse: true });
  assert.equal(response.interaction.responseMessageId, messageIdOf(await outcome));
  assert.equal(response.interaction.responseMessageLoading, true);
  assert.equal(response.resource, null);
  const messageId = response.interaction.responseMessageId ?? '';
  assert.equal(bot.discord.getMessage(messageId)?.isLoading, true);
  await interaction.editReply('done');
  const filled = bot.discord.getMessage(messageId);
  assert.equal(filled?.isLoading, false);
  assert.equal(filled?.message.content, 'done');
  assert.equal((filled?.message.flags ?? 0) & MessageFlags.Loading, 0);
});

test('without with_response a callback is answered with 204', async (t) => {
  const bot = await startBot(t);
  const { interaction } = await bot.generate();
  const answer = await call(bot.discord, 'POST', `/interactions/${interaction.id}/${interaction.token}/callback`, {
    type: 5,
  });
  assert.equal(answer.status, 204);
});

test('after 3 seconds the application did not respond, and the token never comes to work', async (t) => {
  const bot = await startBot(t);
  const { interaction, outcome } = await bot.generate();
  assert.deepEqual(await outcome, { status: 'no-answer', interactionId: interaction.id });
  assert.deepEqual(await refused(bot.discord, interaction.reply('late')), { status: 404, code: 10062, paths: [] });
  const late = bot.rest.patch(original(interaction.token, bot.discord.applicationId), {
    body: { content: 'x' },
    auth: false,
  });
  assert.equal((await refused(bot.discord, late)).code, 10015);
});

test('a second answer is refused with 40060', async (t) => {
  const bot = await startBot(t);
  const { interaction } = await bot.generate();
  await interaction.reply('first');
  const again = bot.rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
    body: { type: 4, data: { content: 'x' } },
    auth: false,
  });
  assert.deepEqual(await refused(bot.discord, again), { status: 400, code: 40060, paths: [] });
});

test('an interaction that never was is unknown: 10062 for the callback, 10015 for its webhook', async (t) => {
  const bot = await startBot(t);
  const callback = bot.rest.post(Routes.interactionCallback('1', 'never'), { body: { type: 5 }, auth: false });
  assert.deepEqual(await refused(bot.discord, callback), { status: 404, code: 10062, paths: [] });
  const edit = bot.rest.patch(original('never', bot.discord.applicationId), { body: { content: 'x' }, auth: false });
  assert.deepEqual(await refused(bot.discord, edit), { status: 404, code: 10015, paths: [] });
});

test('before the first answer there is no @original and no follow-up', async (t) => {
  const bot = await startBot(t);
  const { interaction } = await bot.generate();
  const path = original(interaction.token, bot.discord.applicationId);
  assert.equal((await refused(bot.discord, bot.rest.get(path, { auth: false }))).code, 10015);
  const followUp = bot.rest.post(Routes.webhook(bot.discord.applicationId, interaction.token), {
    body: { content: 'x' },
    auth: false,
  });
  assert.equal((await refused(bot.discord, followUp)).code, 10015);
});

test('after 15 minutes of the sandbox clock the token is invalid and the bot edits by its own', async (t) => {
  const bot = await startBot(t);
  const { interaction, outcome } = await bot.generate();
  await interaction.reply('queued');
  bot.discord.clock.advance(14 * MINUTE_MS);
  await interaction.editReply('still by token');
  bot.discord.clock.advance(MINUTE_MS);
  assert.deepEqual(await refused(bot.discord, interaction.editReply('late')), { status: 401, code: 50027, paths: [] });
  assert.equal((await refused(bot.discord, interaction.followUp('late'))).code, 50027);
  const messageId = messageIdOf(await outcome);
  await bot.rest.patch(Routes.channelMessage(bot.channelId, messageId), { body: { content: 'by the bot' } });
  assert.equal(bot.discord.getMessage(messageId)?.message.content, 'by the bot');
});

test('only its asker sees an ephemeral message, and the bot token does not reach it', async (t) => {
  const bot = await startBot(t);
  const { discord, channelId } = bot;
  const { interaction, outcome } = await bot.generate();
  await interaction.reply({ content: 'secret', flags: MessageFlags.Ephemeral });
  const messageId = messageIdOf(await outcome);
  assert.equal(discord.messages(channelId, bot.memberId).length, 1);
  assert.equal(discord.messages(channelId, discord.users.moderator.id).length, 0);
  assert.equal(discord.getMessage(messageId)?.ephemeralFor, bot.memberId);
  const path = Routes.channelMessage(channelId, messageId);
  const expected = { status: 404, code: 10008, paths: [] };
  assert.deepEqual(await refused(discord, bot.rest.patch(path, { body: { content: 'x' } })), expected);
  assert.deepEqual(await refused(discord, bot.rest.get(path)), expected);
  assert.deepEqual(await refused(discord, bot.rest.delete(path)), expected);
  assert.deepEqual(await bot.rest.get(Routes.channelMessages(channelId)), []);
  await interaction.editReply('edited by token');
  assert.equal(discord.getMessage(messageId)?.message.content, 'edited by token');
  assert.equal(discord.getMessage(messageId)?.ephemeralFor, bot.memberId);
});

test('a press gives a new token whose @original is the message of the button, even an ephemeral one', async (t) => {
  const bot = await startBot(t);
  const { messageId, press, outcome, command } = await pressButton(bot, MessageFlags.Ephemeral);
  assert.equal(press.message.id, messageId);
  bot.discord.clock.advance(5 * MINUTE_MS);
  await press.deferUpdate();
  assert.equal(messageIdOf(await outcome), messageId);
  bot.discord.clock.advance(10 * MINUTE_MS - 1_000);
  assert.notEqual(press.token, command.token);
  await press.editReply('reopened');
  assert.equal(bot.discord.getMessage(messageId)?.message.content, 'reopened');
});

test('a press may update its message at once', async (t) => {
  const bot = await startBot(t);
  const { messageId, press, outcome } = await pressButton(bot);
  const response = await press.update({ content: 'cancelled', components: [], withResponse: true });
  assert.equal(response.resource?.message?.content, 'cancelled');
  const settled = await outcome;
  assert.equal(settled.status === 'answered' && settled.type, 7);
  assert.equal(bot.discord.getMessage(messageId)?.edits, 1);
});

test('a token reaches the messages of its own interaction only', async (t) => {
  const bot = await startBot(t);
  const { outcome: firstOutcome, interaction: first } = await bot.generate();
  await first.reply('first');
  const { interaction: second } = await bot.generate();
  await second.reply('second');
  const foreign = Routes.webhookMessage(bot.discord.applicationId, second.token, messageIdOf(await firstOutcome));
  assert.equal(
    (await refused(bot.discord, bot.rest.patch(foreign, { body: { content: 'x' }, auth: false }))).code,
    10008,
  );
});

test('updates belong to components: a command answered with 6 or 7 is refused', async (t) => {
  const bot = await startBot(t);
  const { interaction } = await bot.generate();
  for (const type of [6, 7, 8]) {
    const answer = bot.rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
      body: { type, data: { content: 'x' } },
      auth: false,
    });
    assert.deepEqual(await refused(bot.discord, answer), { status: 400, code: 50035, paths: ['type'] });
  }
});

for (const type of [undefined, 'four', 1, 2, 10, 11, 12, 99]) {
  test(`a callback of type ${String(type)} is refused`, async (t) => {
    const bot = await startBot(t);
    const { interaction, outcome } = await bot.generate();
    const answer = bot.rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
      body: { type, data: { content: 'x' } },
      auth: false,
    });
    assert.deepEqual(await refused(bot.discord, answer), { status: 400, code: 50035, paths: ['type'] });
    await interaction.reply('a refused callback leaves the interaction open');
    assert.equal((await outcome).status, 'answered');
  });
}

test('a deferred answer takes the EPHEMERAL flag and no other', async (t) => {
  const bot = await startBot(t);
  const { interaction, outcome } = await bot.generate();
  const answer = bot.rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
    body: { type: 5, data: { flags: MessageFlags.Ephemeral | MessageFlags.IsComponentsV2 } },
    auth: false,
  });
  assert.deepEqual(await refused(bot.discord, answer), { status: 400, code: 50035, paths: ['data.flags'] });
  await interaction.deferReply({ flags: MessageFlags.Ephemeral });
  assert.equal(bot.discord.getMessage(messageIdOf(await outcome))?.ephemeralFor, bot.memberId);
  await interaction.editReply({
    components: [text('v2 set by the edit')] as never,
    flags: MessageFlags.IsComponentsV2,
  });
});

test('an answer with nothing in it is an empty message', async (t) => {
  const bot = await startBot(t);
  const { interaction } = await bot.generate();
  const answer = bot.rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
    body: { type: 4, data: {} },
    auth: false,
  });
  assert.deepEqual(await refused(bot.discord, answer), { status: 400, code: 50006, paths: [] });
});

test('the paths of a refused answer begin at data', async (t) => {
  const bot = await startBot(t);
  const { interaction } = await bot.generate();
  const body = { type: 4, data: v2(row(button('ok'), { type: 2, style: 2, label: 'x', custom_id: '' })) };
  const answer = bot.rest.post(Routes.interactionCallback(interaction.id, interaction.token), { body, auth: false });
  const { paths } = await refused(bot.discord, answer);
  assert.deepEqual(paths, ['data.components[0].components[1].custom_id']);
});

test('follow-ups are messages of their own; after a defer the first one fills the answer', async (t) => {
  const bot = await startBot(t);
  const { interaction, outcome } = await bot.generate();
  await interaction.deferReply();
  const first = await bot.rest.post(Routes.webhook(bot.discord.applicationId, interaction.token), {
    body: { content: 'one' },
    auth: false,
  });
  assert.equal((first as { id: string }).id, messageIdOf(await outcome));
  const second = await interaction.followUp({ content: 'two', flags: MessageFlags.Ephemeral });
  assert.equal(bot.discord.getMessage(second.id)?.ephemeralFor, bot.memberId);
  await interaction.editReply({ message: second.id, content: 'two, edited' });
  assert.equal(bot.discord.getMessage(second.id)?.message.content, 'two, edited');
  await interaction.deleteReply(second.id);
  assert.equal(bot.discord.getMessage(second.id), undefined);
});

test('@original can be read and deleted by its token', async (t) => {
  const bot = await startBot(t);
  const { interaction } = await bot.generate();
  await interaction.reply('here');
  assert.equal((await interaction.fetchReply()).content, 'here');
  await interaction.deleteReply();
  assert.equal((await refused(bot.discord, interaction.editReply('gone'))).code, 10008);
});

function promptModal(): ModalBuilder {
  const input = new TextInputBuilder()
    .setCustomId('prompt')
    .setStyle(TextInputStyle.Paragraph)
    .setMaxLength(20)
    .setValue('a sunset');
  return new ModalBuilder()
    .setCustomId('edit')
    .setTitle('Edit prompt')
    .addLabelComponents(new LabelBuilder().setLabel('Prompt').setTextInputComponent(input));
}

test('a modal opens from a button, and its submit may update the message of that button', async (t) => {
  const bot = await startBot(t);
  const { messageId, press, outcome } = await pressButton(bot);
  await press.showModal(promptModal());
  const opened = await outcome;
  assert.ok(opened.status === 'answered' && opened.modal);
  assert.equal(opened.modal.title, 'Edit prompt');
  const { interaction: submit, outcome: submitted } = await bot.receive<ModalSubmitInteraction>(() =>
    bot.discord.submitModal({
      userId: bot.memberId,
      interactionId: opened.interactionId,
      customId: 'edit',
      values: { prompt: 'a sunrise' },
    }),
  );
  assert.equal(submit.type, InteractionType.ModalSubmit);
  assert.equal(submit.fields.getTextInputValue('prompt'), 'a sunrise');
  assert.ok(submit.isFromMessage());
  await submit.update('with the new prompt');
  assert.equal(messageIdOf(await submitted), messageId);
});

test('a modal that a command opened has no message to update, and no modal follows a modal', async (t) => {
  const bot = await startBot(t);
  const { interaction, outcome } = await bot.generate();
  await interaction.showModal(promptModal());
  const { interaction: submit } = await bot.receive<ModalSubmitInteraction>(async () =>
    bot.discord.submitModal({
      userId: bot.memberId,
      interactionId: (await outcome).interactionId,
      customId: 'edit',
      values: {},
    }),
  );
  assert.equal(submit.fields.getTextInputValue('prompt'), 'a sunset');
  for (const body of [{ type: 6 }, { type: 7, data: { content: 'x' } }, { type: 9, data: promptModal().toJSON() }]) {
    const answer = bot.rest.post(Routes.interactionCallback(submit.id, submit.token), { body, auth: false });
    assert.deepEqual((await refused(bot.discord, answer)).paths, ['type']);
  }
  await submit.reply('thanks');
});

test('a modal holds its inputs to their lengths, as the client does', async (t) => {
  const bot = await startBot(t);
  const { interaction, outcome } = await bot.generate();
  await interaction.showModal(promptModal());
  const { interactionId } = await outcome;
  const submit = (values: Record<string, string>, customId = 'edit'): Promise<unknown> =>
    bot.discord.submitModal({ userId: bot.memberId, interactionId, customId, values });
  await assert.rejects(submit({ prompt: 'x'.repeat(21) }), /at most 20 characters/u);
  await assert.rejects(submit({ prompt: '' }), /at least 1 characters/u);
  await assert.rejects(submit({ other: 'x' }), /no input "other"/u);
  await assert.rejects(submit({}, 'else'), /Expected the open modal "edit"/u);
});

test('a modal that breaks the rules is refused with the path', async (t) => {
  const bot = await startBot(t);
  const { interaction } = await bot.generate();
  const input = (customId: string): unknown => ({
    type: 18,
    label: 'x',
    component: { type: 4, custom_id: customId, style: 1 },
  });
  const choices = (type: number, bounds: object, values: string[]): unknown => ({
    type: 18,
    label: 'x',
    component: { type, custom_id: 'c', options: values.map((value) => ({ label: value, value })), ...bounds },
  });
  const cases: [unknown, string][] = [
    [{ custom_id: 'edit', title: 'x'.repeat(46), components: [input('a')] }, 'data.title'],
    [{ custom_id: 'edit', title: 'x', components: [] }, 'data.components'],
    [{ custom_id: 'edit', title: 'x', components: ['a', 'b', 'c', 'd', 'e', 'f'].map(input) }, 'data.components'],
    [{ custom_id: 'edit', title: 'x', components: [input('a'), input('a')] }, 'data.components[1].component.custom_id'],
    [
      { custom_id: 'edit', title: 'x', components: [row({ type: 4, custom_id: 'a', style: 1 })] },
      'data.components[0].components[0].label',
    ],
    [{ custom_id: 'edit', title: 'x', components: [row(button('a'))] }, 'data.components[0].components[0].type'],
    [
      { custom_id: 'edit', title: 'x', components: [choices(22, { min_values: 2 }, ['a'])] },
      'data.components[0].component.max_values',
    ],
    [
      { custom_id: 'edit', title: 'x', components: [choices(21, {}, ['a', 'a'])] },
      'data.components[0].component.options',
    ],
  ];
  for (const [data, path] of cases) {
    const answer = bot.rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
      body: { type: 9, data },
      auth: false,
    });
    assert.deepEqual(await refused(bot.discord, answer), { status: 400, code: 50035, paths: [path] });
  }
});

test('autocomplete gives the choices of the bot, at most 25', async (t) => {
  const bot = await startBot(t);
  const { discord, channelId, memberId } = bot;
  const ask = { userId: memberId, channelId, name: 'generate', options: { model: 'flux' }, focused: 'model' };
  let choices: Promise<unknown> = Promise.resolve();
  const { interaction } = await bot.receive<AutocompleteInteraction>(async () => {
    choices = discord.autocomplete(ask);
    await choices;
    return { status: 'no-answer', interactionId: '' };
  });
  assert.equal(interaction.options.getFocused(true).value, 'flux');
  const many = Array.from({ length: 26 }, (_, index) => ({ name: `model ${index}`, value: `m${index}` }));
  const tooMany = bot.rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
    body: { type: 8, data: { choices: many } },
    auth: false,
  });
  assert.deepEqual(await refused(discord, tooMany), { status: 400, code: 50035, paths: ['data.choices'] });
  await interaction.respond(many.slice(0, 2));
  assert.deepEqual(await choices, many.slice(0, 2));
});

test('a replayed interaction has the same id and token, and its answer is refused', async (t) => {
  const bot = await startBot(t);
  const { interaction } = await bot.generate();
  await interaction.reply('once');
  const { interaction: again } = await bot.receive<ChatInputCommandInteraction>(async () => {
    bot.discord.replay(interaction.id);
    return { status: 'no-answer', interactionId: interaction.id };
  });
  assert.equal(again.id, interaction.id);
  assert.equal(again.token, interaction.token);
  assert.equal((await refused(bot.discord, again.reply('twice'))).code, 40060);
});

test('nobody presses what is not there, is disabled, is hidden or is only a link', async (t) => {
  const bot = await startBot(t);
  const { discord, memberId } = bot;
  const { interaction, outcome } = await bot.generate();
  await interaction.reply({
    flags: MessageFlags.IsComponentsV2 | MessageFlags.Ephemeral,
    components: [
      row(button('off', { disabled: true }), { type: 2, style: 5, label: 'link', url: 'https://example.com' }),
    ] as never,
  });
  const messageId = messageIdOf(await outcome);
  await assert.rejects(discord.press({ userId: memberId, messageId, customId: 'none' }), /no component/u);
  await assert.rejects(discord.press({ userId: memberId, messageId, customId: 'off' }), /is disabled/u);
  await assert.rejects(
    discord.press({ userId: discord.users.member2.id, messageId, customId: 'off' }),
    /Expected a message that this user sees/u,
  );
});

test('a menu sends the values that were picked', async (t) => {
  const bot = await startBot(t);
  const { interaction, outcome } = await bot.generate();
  const options = [
    { label: 'One', value: '1' },
    { label: 'Two', value: '2' },
  ];
  await interaction.reply({ components: [row({ type: 3, custom_id: 'pick', options })] as never, content: 'pick' });
  const messageId = messageIdOf(await outcome);
  const pick = (values: string[]): Promise<InteractionOutcome> =>
    bot.discord.press({ userId: bot.memberId, messageId, customId: 'pick', values });
  await assert.rejects(pick(['3']), /no value "3"/u);
  await assert.rejects(pick(['1', '2']), /takes 1 to 1 values/u);
  const { interaction: picked } = await bot.receive(() => pick(['2']));
  assert.ok(picked.isStringSelectMenu());
  assert.deepEqual(picked.values, ['2']);
});
