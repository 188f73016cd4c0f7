/** What people give a bot beside words: messages, files, members, roles, channels, choices in a form. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  ApplicationCommandOptionType as Option,
  ApplicationCommandType,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  Routes,
} from 'discord.js';
import type {
  AutocompleteInteraction,
  ButtonInteraction,
  ChannelSelectMenuInteraction,
  ChatInputCommandInteraction,
  MentionableSelectMenuInteraction,
  MessageContextMenuCommandInteraction,
  ModalSubmitInteraction,
  RoleSelectMenuInteraction,
  UserSelectMenuInteraction,
} from 'discord.js';
import type { InteractionOutcome, ModalValue, PickedFile } from '../../sandbox/interface.ts';
import { button, PNG, row, startBot, text, v2, type TestBot } from './discord-bot.ts';

const PICTURE: PickedFile = { name: 'my fox.png', contentType: 'image/png', data: PNG.toString('base64') };

const COMMANDS = [
  { name: 'Animate image', type: ApplicationCommandType.Message },
  { name: 'Moderate', type: ApplicationCommandType.Message, default_member_permissions: '8192' },
  {
    name: 'animate',
    description: 'Move a picture',
    options: [
      { type: Option.Attachment, name: 'image', description: 'Which', file_types: ['image'] },
      { type: Option.Role, name: 'role', description: 'For whom' },
      { type: Option.Mentionable, name: 'about', description: 'About whom' },
      { type: Option.String, name: 'model', description: 'With what', autocomplete: true },
    ],
  },
];

async function startWith(t: TestContext): Promise<TestBot> {
  const bot = await startBot(t);
  await bot.rest.put(Routes.applicationCommands(bot.discord.applicationId), { body: COMMANDS });
  return bot;
}

function messageIdOf(outcome: InteractionOutcome): string {
  assert.ok(outcome.status === 'answered' && outcome.messageId !== null);
  return outcome.messageId;
}

async function post(bot: TestBot, body: Record<string, unknown>): Promise<string> {
  const { id } = (await bot.rest.post(Routes.channelMessages(bot.channelId), { body })) as { id: string };
  return id;
}

test('a command of the message menu brings its message, and the answer refers to it', async (t) => {
  const bot = await startWith(t);
  const messageId = await post(bot, v2(text('a fox')));
  const { interaction, outcome } = await bot.receive<MessageContextMenuCommandInteraction>(() =>
    bot.discord.runMessageCommand({ userId: bot.memberId, messageId, name: 'Animate image', locale: 'ja' }),
  );
  assert.ok(interaction.isMessageContextMenuCommand());
  assert.equal(interaction.commandName, 'Animate image');
  assert.equal(interaction.locale, 'ja');
  assert.equal(interaction.targetId, messageId);
  assert.equal(interaction.targetMessage.id, messageId);
  assert.deepEqual(
    interaction.targetMessage.components.map(({ type }) => type),
    [10],
  );
  await interaction.reply('moving');
  const answer = bot.discord.getMessage(messageIdOf(await outcome))?.message;
  assert.equal(answer?.type, 23);
  assert.equal(answer?.message_reference?.message_id, messageId);
  const metadata = answer?.interaction_metadata as unknown as Record<string, unknown>;
  assert.equal(metadata['target_message_id'], messageId);
  assert.equal(metadata['command_type'], 3);
});

test('a command of the message menu is refused where the client would not offer it', async (t) => {
  const bot = await startWith(t);
  const { discord, memberId } = bot;
  const messageId = await post(bot, { content: 'here' });
  const run = (name: string, userId = memberId, target = messageId): Promise<unknown> =>
    discord.runMessageCommand({ userId, messageId: target, name });
  await assert.rejects(run('Nothing'), /no command "Nothing"/u);
  await assert.rejects(run('animate'), /no command "animate"/u);
  await assert.rejects(run('Moderate'), /does not have the permissions/u);
  await assert.rejects(run('Animate image', discord.users.outsider.id), /Expected a message that this user sees/u);
  await assert.rejects(run('Animate image', memberId, '1'), /Expected a message that this user sees/u);
});

test('a file given to an option can be fetched by the bot, byte for byte', async (t) => {
  const bot = await startWith(t);
  const { discord, channelId, memberId } = bot;
  const { interaction } = await bot.receive<ChatInputCommandInteraction>(() =>
    discord.runCommand({ userId: memberId, channelId, name: 'animate', options: { image: PICTURE } }),
  );
  const attachment = interaction.options.getAttachment('image', true);
  assert.equal(attachment.name, 'my_fox.png');
  assert.equal(attachment.contentType, 'image/png');
  assert.equal(attachment.size, PNG.length);
  assert.deepEqual([attachment.width, attachment.height], [2, 3]);
  assert.equal(attachment.ephemeral, true);
  const response = await fetch(attachment.url);
  assert.equal(response.headers.get('content-type'), 'image/png');
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG);
  await interaction.reply('thanks');
});

test('a file that is not one, is empty, too large or of another type is not sent', async (t) => {
  const bot = await startWith(t);
  const { discord, channelId, memberId } = bot;
  const give = (image: PickedFile | string): Promise<unknown> =>
    discord.runCommand({ userId: memberId, channelId, name: 'animate', options: { image } });
  await assert.rejects(give('fox.png'), /"image" is a file, got fox\.png/u);
  await assert.rejects(give({ ...PICTURE, data: '' }), /is empty/u);
  await assert.rejects(give({ ...PICTURE, name: 'notes.txt' }), /is one of image, got notes\.txt/u);
  const large = Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64');
  await assert.rejects(give({ ...PICTURE, data: large }), /larger than 10 MiB/u);
});

test('options name roles and whoever can be mentioned, and bring them along', async (t) => {
  const bot = await startWith(t);
  const { discord, channelId, memberId } = bot;
  const guildId = discord.guilds[0]?.id ?? '';
  const run = (options: Record<string, string>): Promise<InteractionOutcome> =>
    discord.runCommand({ userId: memberId, channelId, name: 'animate', options });
  await assert.rejects(run({ role: memberId }), /is the id of a role of this server/u);
  await assert.rejects(run({ about: discord.users.outsider.id }), /is the id of a member or role of this server/u);
  const { interaction } = await bot.receive<ChatInputCommandInteraction>(() => run({ role: guildId, about: memberId }));
  assert.equal(interaction.options.getRole('role')?.name, '@everyone');
  assert.equal(interaction.options.getUser('about')?.username, 'mira');
  await interaction.reply('both');
});

test('autocomplete tells the locale, and leaves a picked file out', async (t) => {
  const bot = await startWith(t);
  const { discord, channelId, memberId } = bot;
  const ask = { userId: memberId, channelId, name: 'animate', options: { image: PICTURE }, focused: 'model' };
  let choices: Promise<unknown> = Promise.resolve();
  const { interaction } = await bot.receive<AutocompleteInteraction>(async () => {
    choices = discord.autocomplete({ ...ask, locale: 'ja' });
    await choices;
    return { status: 'no-answer', interactionId: '' };
  });
  assert.equal(interaction.locale, 'ja');
  assert.equal(interaction.options.getFocused(), '');
  await interaction.respond([{ name: '速い', value: 'fast' }]);
  assert.deepEqual(await choices, [{ name: '速い', value: 'fast' }]);
});

test('menus of members, roles, mentionables and channels bring what was picked', async (t) => {
  const bot = await startWith(t);
  const { discord, channelId, memberId } = bot;
  const guildId = discord.guilds[0]?.id ?? '';
  const menu = (type: number, customId: string): unknown => row({ type, custom_id: customId });
  const messageId = await post(bot, {
    content: 'pick',
    components: [menu(5, 'user'), menu(6, 'role'), menu(7, 'either'), menu(8, 'channel')],
  });
  const pick = (customId: string, ...values: string[]): Promise<InteractionOutcome> =>
    discord.press({ userId: memberId, messageId, customId, values });
  const receive = async <T extends ButtonInteraction | UserSelectMenuInteraction>(
    customId: string,
    value: string,
  ): Promise<T> => {
    const { interaction } = await bot.receive<T>(() => pick(customId, value));
    await interaction.deferUpdate();
    return interaction;
  };
  const byUser = await receive<UserSelectMenuInteraction>('user', discord.users.member2.id);
  assert.equal(byUser.users.first()?.username, 'noah');
  const byRole = (await receive('role', guildId)) as unknown as RoleSelectMenuInteraction;
  assert.equal(byRole.roles.first()?.name, '@everyone');
  const either = (await receive('either', memberId)) as unknown as MentionableSelectMenuInteraction;
  assert.equal(either.users.first()?.username, 'mira');
  const byChannel = (await receive('channel', channelId)) as unknown as ChannelSelectMenuInteraction;
  assert.equal(byChannel.channels.first()?.id, channelId);
  await assert.rejects(pick('user', discord.users.outsider.id), /takes a user of this server/u);
  await assert.rejects(pick('channel', discord.guilds[1]?.channels[0]?.id ?? ''), /takes a channel of this server/u);
});

const CHOICES = ['wide', 'tall'].map((value) => ({ label: value.toUpperCase(), value }));

/** Every input a modal may hold today beside text: five at most go into one. */
function everyInput(): ModalBuilder {
  const label = (name: string, component: unknown): LabelBuilder =>
    new LabelBuilder({ label: name, component: component as never });
  return new ModalBuilder()
    .setCustomId('all')
    .setTitle('Everything')
    .addLabelComponents(
      label('Pictures', { type: 19, custom_id: 'files', min_values: 1, max_values: 2, file_types: ['image'] }),
      label('Shape', { type: 21, custom_id: 'shape', options: CHOICES }),
      label('Also', { type: 22, custom_id: 'also', required: false, options: CHOICES }),
      label('Sure', { type: 23, custom_id: 'sure' }),
      label('Who', { type: 5, custom_id: 'who', required: false }),
    );
}

async function openModal(bot: TestBot): Promise<(values: Record<string, ModalValue>) => Promise<InteractionOutcome>> {
  const messageId = await post(bot, { content: 'press', components: [row(button('go'))] });
  const { interaction, outcome } = await bot.receive<ButtonInteraction>(() =>
    bot.discord.press({ userId: bot.memberId, messageId, customId: 'go' }),
  );
  await interaction.showModal(everyInput());
  const { interactionId } = await outcome;
  return (values) => bot.discord.submitModal({ userId: bot.memberId, interactionId, customId: 'all', values });
}

test('a form sends files, a radio choice, checkboxes and members', async (t) => {
  const bot = await startWith(t);
  const submit = await openModal(bot);
  const { interaction } = await bot.receive<ModalSubmitInteraction>(() =>
    submit({ files: [PICTURE], shape: 'tall', also: ['wide', 'tall'], sure: true, who: [bot.memberId] }),
  );
  const { fields } = interaction;
  const [file] = [...(fields.getUploadedFiles('files', true)?.values() ?? [])];
  assert.ok(file);
  assert.equal(file.name, 'my_fox.png');
  assert.deepEqual(Buffer.from(await (await fetch(file.url)).arrayBuffer()), PNG);
  assert.equal(fields.getRadioGroup('shape'), 'tall');
  assert.deepEqual(fields.getCheckboxGroup('also'), ['wide', 'tall']);
  assert.equal(fields.getCheckbox('sure'), true);
  assert.equal(fields.getSelectedUsers('who')?.first()?.username, 'mira');
  await interaction.reply({ content: 'kept', flags: MessageFlags.Ephemeral });
});

test('a form that is left as it opened sends its defaults; what is missing or too much is said', async (t) => {
  const bot = await startWith(t);
  const submit = await openModal(bot);
  const right = { files: [PICTURE], shape: 'wide' };
  await assert.rejects(submit({ ...right, files: [] }), /"Pictures" needs a file/u);
  await assert.rejects(submit({ ...right, files: [PICTURE, PICTURE, PICTURE] }), /takes 1 to 2 files, got 3/u);
  await assert.rejects(submit({ ...right, files: [{ ...PICTURE, name: 'a.zip' }] }), /one of image, got a\.zip/u);
  await assert.rejects(submit({ files: [PICTURE] }), /"Shape" needs a value/u);
  await assert.rejects(submit({ ...right, shape: 'round' }), /"Shape" has no value "round"/u);
  await assert.rejects(submit({ ...right, sure: 'yes' }), /"Sure" is true or false/u);
  await assert.rejects(submit({ ...right, who: [bot.discord.users.outsider.id] }), /takes a user of this server/u);
  const { interaction } = await bot.receive<ModalSubmitInteraction>(() => submit(right));
  assert.deepEqual(interaction.fields.getCheckboxGroup('also'), []);
  assert.equal(interaction.fields.getCheckbox('sure'), false);
  await interaction.reply('thanks');
});
