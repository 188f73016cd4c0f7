import assert from 'node:assert/strict';
import { once, type EventEmitter } from 'node:events';
import { test } from 'node:test';
import {
  ApplicationCommandResponseSchema,
  InteractionCallbackResponseSchema,
  MessageAttachmentResponseSchema,
  MessageResponseSchema,
} from 'discord-api-spec/zod';
import type { ZodMiniType } from 'zod/mini';
import { Routes, type MessageContextMenuCommandInteraction } from 'discord.js';
import { findIssues } from '../../sandbox/discord/schema-check.ts';
import {
  button,
  call,
  COMMANDS,
  createRest,
  gallery,
  logIn,
  PNG,
  row,
  startBot,
  startSandbox,
  text,
  v2,
} from './discord-bot.ts';

function conforms(schema: ZodMiniType, answer: unknown): void {
  assert.deepEqual(findIssues(schema, answer), []);
}

test('messages are given back as the published schemas say', async (t) => {
  const discord = await startSandbox(t);
  const rest = createRest(discord);
  const path = Routes.channelMessages(discord.guilds[0]?.channels[0]?.id ?? '');
  const files = [{ name: 'a.png', data: PNG }];
  const media = { url: 'attachment://a.png' };
  const container = {
    type: 17,
    components: [
      text('x'),
      { type: 14 },
      gallery(media.url, 'https://example.com/b.png'),
      { type: 13, file: media },
      { type: 9, components: [text('x')], accessory: { type: 11, media } },
      row(button('a'), { type: 2, style: 5, label: 'link', url: 'https://example.com' }),
    ],
  };
  const shown = (await rest.post(path, { body: v2(container), files })) as { id: string };
  conforms(MessageResponseSchema, shown);
  const embeds = [{ title: 'x', image: media }];
  const reply = await rest.post(path, { body: { embeds, message_reference: { message_id: shown.id } }, files });
  conforms(MessageResponseSchema, reply);
});

test('commands are given back as the published schemas say', async (t) => {
  const discord = await startSandbox(t);
  const rest = createRest(discord);
  const path = Routes.applicationCommands(discord.applicationId);
  const put = (await rest.put(path, { body: [...COMMANDS, { name: 'Animate image', type: 3 }] })) as unknown[];
  assert.equal(put.length, 3);
  for (const command of [...put, ...((await rest.get(path)) as unknown[])])
    conforms(ApplicationCommandResponseSchema, command);
});

test('callbacks and the messages of interactions are given back as the published schemas say', async (t) => {
  const { discord, generate } = await startBot(t);
  for (const body of [{ type: 4, data: { content: 'x', components: [row(button('a'))] } }, { type: 5 }]) {
    const { interaction } = await generate();
    const path = `/interactions/${interaction.id}/${interaction.token}/callback?with_response=true`;
    conforms(InteractionCallbackResponseSchema, (await call(discord, 'POST', path, body, '')).body);
    const original = `/webhooks/${discord.applicationId}/${interaction.token}/messages/@original`;
    conforms(MessageResponseSchema, (await call(discord, 'GET', original, undefined, '')).body);
  }
});

test('the answer to a message command, and a file given to an option, are as the published schemas say', async (t) => {
  const { discord, rest, channelId, memberId, receive } = await startBot(t);
  const image = { type: 11, name: 'image', description: 'Which' };
  await rest.put(Routes.applicationCommands(discord.applicationId), {
    body: [
      { name: 'Animate image', type: 3 },
      { name: 'animate', description: 'Moves', options: [image] },
    ],
  });
  const target = (await rest.post(Routes.channelMessages(channelId), { body: { content: 'x' } })) as { id: string };
  const { interaction } = await receive<MessageContextMenuCommandInteraction>(() =>
    discord.runMessageCommand({ userId: memberId, messageId: target.id, name: 'Animate image' }),
  );
  await interaction.reply('moving');
  const original = `/webhooks/${discord.applicationId}/${interaction.token}/messages/@original`;
  conforms(MessageResponseSchema, (await call(discord, 'GET', original, undefined, '')).body);

  const client = await logIn(discord);
  const raw = once(client.ws as unknown as EventEmitter, 'INTERACTION_CREATE');
  void discord.runCommand({
    userId: memberId,
    channelId,
    name: 'animate',
    options: { image: { name: 'a.png', contentType: 'image/png', data: PNG.toString('base64') } },
  });
  const [{ data }] = (await raw) as [{ data: { resolved: { attachments: Record<string, unknown> } } }];
  const attachments = Object.values(data.resolved.attachments);
  assert.equal(attachments.length, 1);
  conforms(MessageAttachmentResponseSchema, attachments[0]);
});
