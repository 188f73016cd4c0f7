/** Files: addresses that end, how large a file may be in which server, videos, and the pictures that people post. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationCommandType, AttachmentBuilder, GatewayIntentBits, Routes } from 'discord.js';
import type { APIMessage, ChatInputCommandInteraction, MessageContextMenuCommandInteraction } from 'discord.js';
import type { PickedFile } from '../../sandbox/interface.ts';
import { drawVideo } from '../../sandbox/video.ts';
import { gallery, logIn, PNG, refused, startBot, text, v2, type TestBot } from './discord-bot.ts';

const PICTURE: PickedFile = { name: 'fox.png', contentType: 'image/png', data: PNG.toString('base64') };
const DAY_MS = 86_400_000;

async function postFile({ rest, channelId }: TestBot, name: string, data: Buffer): Promise<APIMessage> {
  const body = v2(gallery(`attachment://${name}`));
  return (await rest.post(Routes.channelMessages(channelId), { body, files: [{ name, data }] })) as APIMessage;
}

const urlOf = (message: APIMessage): string => message.attachments[0]?.url ?? '';
const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

test('the address of a file says until when it is good, and is gone a day later; reading the message brings a new one', async (t) => {
  const bot = await startBot(t);
  const { discord, rest, channelId } = bot;
  const message = await postFile(bot, 'a.png', PNG);
  const link = new URL(urlOf(message));
  const [ex, is] = ['ex', 'is'].map((name) => Number.parseInt(link.searchParams.get(name) ?? '', 16) * 1000);
  assert.ok(ex !== undefined && is !== undefined && Math.abs(is - discord.clock.now()) < 5_000);
  assert.equal(ex - is, DAY_MS);
  discord.clock.advance(DAY_MS - 60_000);
  assert.equal(await statusOf(link.href), 200);
  discord.clock.advance(60_000);
  const answer = await fetch(link);
  assert.deepEqual([answer.status, await answer.text()], [404, 'This content is no longer available.']);
  const again = (await rest.get(Routes.channelMessage(channelId, message.id))) as APIMessage;
  assert.equal(await statusOf(urlOf(again)), 200);
});

test('an address without its signature, or with another time in it, finds nothing', async (t) => {
  const bot = await startBot(t);
  const link = urlOf(await postFile(bot, 'a.png', PNG));
  assert.equal(await statusOf(link.split('?')[0] ?? ''), 404);
  assert.equal(await statusOf(link.replace(/ex=\w+/u, 'ex=7fffffff')), 404);
  assert.equal(await statusOf(link.replace(/hm=\w/u, 'hm=x')), 404);
});

test('links can be ended at once: of messages and of what came with a command, until they are read again', async (t) => {
  const bot = await startBot(t);
  const { discord, rest, channelId, memberId } = bot;
  await rest.put(Routes.applicationCommands(discord.applicationId), {
    body: [{ name: 'animate', description: 'x', options: [{ type: 11, name: 'image', description: 'x' }] }],
  });
  const { interaction } = await bot.receive<ChatInputCommandInteraction>(() =>
    discord.runCommand({ userId: memberId, channelId, name: 'animate', options: { image: PICTURE } }),
  );
  await interaction.reply('got it');
  const given = interaction.options.getAttachment('image', true).url;
  assert.match(given, /\/ephemeral-attachments\/.+\?ex=\w+&is=\w+&hm=\w+&$/u);
  const message = await postFile(bot, 'a.png', PNG);
  assert.deepEqual([await statusOf(given), await statusOf(urlOf(message))], [200, 200]);
  discord.endLinks();
  assert.deepEqual([await statusOf(given), await statusOf(urlOf(message))], [404, 404]);
  const again = (await rest.get(Routes.channelMessage(channelId, message.id))) as APIMessage;
  assert.equal(await statusOf(urlOf(again)), 200);
  // What a test wants to see of a file does not depend on links.
  assert.deepEqual(discord.readFile(urlOf(message)), PNG);
});

test('a server has its own size limit: every interaction tells it, answers and posts there keep to it', async (t) => {
  const bot = await startBot(t);
  const { discord, rest, channelId } = bot;
  const [first, second] = discord.guilds;
  assert.ok(first && second);
  assert.equal(discord.attachmentSizeLimit(first.id), 10 * 1024 * 1024);
  discord.setAttachmentSizeLimit(first.id, 1_000);
  assert.equal(discord.attachmentSizeLimit(second.id), 10 * 1024 * 1024);
  const { interaction } = await bot.generate();
  assert.equal(interaction.attachmentSizeLimit, 1_000);
  const file = (bytes: number): AttachmentBuilder => new AttachmentBuilder(Buffer.alloc(bytes), { name: 'a.zip' });
  const tooLarge = { status: 413, code: 40005, paths: [] };
  assert.deepEqual(await refused(discord, interaction.reply({ files: [file(1_001)] })), tooLarge);
  await interaction.reply({ files: [file(1_000)] });
  assert.deepEqual(await refused(discord, interaction.editReply({ files: [file(1_001)] })), tooLarge);
  const post = (to: string): Promise<unknown> =>
    rest.post(Routes.channelMessages(to), { body: {}, files: [{ name: 'a.zip', data: Buffer.alloc(1_001) }] });
  assert.deepEqual(await refused(discord, post(channelId)), tooLarge);
  await post(second.channels[0]?.id ?? '');
});

test('boosts raise the limit of a file for bot and people, the limit of a request stays 25 MiB', async (t) => {
  const bot = await startBot(t);
  const { discord, channelId, memberId, rest } = bot;
  const large = 11 * 1024 * 1024;
  const picked = { ...PICTURE, data: Buffer.alloc(large).toString('base64') };
  const say = (): Promise<string> => discord.postAsMember({ userId: memberId, channelId, files: [picked] });
  await assert.rejects(say(), /fox\.png .+ is larger than 10 MiB/u);
  discord.setAttachmentSizeLimit(discord.guilds[0]?.id ?? '', 50 * 1024 * 1024);
  assert.equal(discord.getMessage(await say())?.message.attachments[0]?.size, large);
  const post = (bytes: number): Promise<unknown> =>
    rest.post(Routes.channelMessages(channelId), { body: {}, files: [{ name: 'a.zip', data: Buffer.alloc(bytes) }] });
  await post(large);
  assert.deepEqual(await refused(discord, post(26 * 1024 * 1024)), { status: 413, code: 40005, paths: [] });
});

test('a size limit is a number of bytes, of a server that there is', async (t) => {
  const { discord } = await startBot(t);
  assert.throws(() => discord.setAttachmentSizeLimit('1', 5), /Expected the id of a server/u);
  assert.throws(
    () => discord.setAttachmentSizeLimit(discord.guilds[0]?.id ?? '', 0),
    /whole number of bytes from 1 up/u,
  );
});

test('a video stands in a gallery with its measures, and a player gets the part it asks for', async (t) => {
  const video = drawVideo('a fox');
  const message = await postFile(await startBot(t), 'fox.mp4', video);
  const [attachment] = message.attachments;
  assert.deepEqual([attachment?.content_type, attachment?.width, attachment?.height], ['video/mp4', 288, 160]);
  const part = async (range: string): Promise<{ status: number; range: string | null; bytes: Buffer }> => {
    const response = await fetch(urlOf(message), { headers: { range } });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, range: response.headers.get('content-range'), bytes };
  };
  const size = video.length;
  assert.deepEqual(await part('bytes=8-15'), {
    status: 206,
    range: `bytes 8-15/${size}`,
    bytes: video.subarray(8, 16),
  });
  assert.deepEqual((await part('bytes=-4')).bytes, video.subarray(-4));
  assert.deepEqual((await part(`bytes=${size - 1}-`)).bytes, video.subarray(-1));
  assert.deepEqual(await part(`bytes=${size}-`), { status: 416, range: `bytes */${size}`, bytes: Buffer.alloc(0) });
});

test("a person's message brings its files, embeds and author to a command of the message menu, and to no other reader", async (t) => {
  const bot = await startBot(t);
  const { discord, rest, channelId, memberId } = bot;
  const { member2 } = discord.users;
  await rest.put(Routes.applicationCommands(discord.applicationId), {
    body: [{ name: 'Animate image', type: ApplicationCommandType.Message }],
  });
  const listener = await logIn(discord, { intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages] });
  const heard = new Promise<{ content: string; files: number }>((resolve) => {
    listener.on('messageCreate', ({ content, attachments }) => resolve({ content, files: attachments.size }));
  });
  const embeds = [{ title: 'A fox', image: { url: 'https://example.com/fox.png' } }];
  const said = { userId: member2.id, channelId, content: 'look', files: [PICTURE], embeds };
  const messageId = await discord.postAsMember(said);
  assert.deepEqual(await heard, { content: '', files: 0 });
  const read = (await rest.get(Routes.channelMessage(channelId, messageId))) as APIMessage;
  assert.deepEqual([read.author.id, read.content, read.attachments, read.embeds], [member2.id, '', [], []]);

  const { interaction, outcome } = await bot.receive<MessageContextMenuCommandInteraction>(() =>
    discord.runMessageCommand({ userId: memberId, messageId, name: 'Animate image' }),
  );
  const { targetMessage: target } = interaction;
  assert.deepEqual([target.author.id, target.author.bot, target.content], [member2.id, false, 'look']);
  assert.equal(target.embeds[0]?.image?.url, 'https://example.com/fox.png');
  assert.deepEqual(Buffer.from(await (await fetch(target.attachments.first()?.url ?? '')).arrayBuffer()), PNG);
  await interaction.reply('moving');
  await outcome;
});

test('what an edit keeps and what it brings can both be shown by name, and what it drops cannot', async (t) => {
  const bot = await startBot(t);
  const { discord, rest, channelId } = bot;
  const first = await postFile(bot, 'a.png', PNG);
  const keep = { id: first.attachments[0]?.id };
  const edit = (names: string[], attachments: unknown[]): Promise<unknown> =>
    rest.patch(Routes.channelMessage(channelId, first.id), {
      body: { ...v2(text('x'), gallery(...names.map((name) => `attachment://${name}`))), attachments },
      files: [{ name: 'b.png', data: PNG }],
    });
  assert.deepEqual((await refused(discord, edit(['a.png', 'b.png'], [{ id: 0 }]))).paths, [
    'components[1].items[0].media.url',
  ]);
  const both = (await edit(['a.png', 'b.png'], [keep, { id: 0 }])) as APIMessage;
  assert.deepEqual(
    both.attachments.map(({ filename, id }) => [filename, id === keep.id]),
    [
      ['a.png', true],
      ['b.png', false],
    ],
  );
  const replaced = (await edit(['b.png'], [{ id: 0 }])) as APIMessage;
  assert.deepEqual(
    await Promise.all([...both.attachments, ...replaced.attachments].map(({ url }) => statusOf(url))),
    [404, 404, 200],
  );
});
