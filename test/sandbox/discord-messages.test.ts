import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { MessageFlags, PermissionFlagsBits, Routes } from 'discord.js';
import type { APIMessage, REST } from 'discord.js';
import type { SandboxDiscord } from '../../sandbox/interface.ts';
import { button, createRest, gallery, PNG, refused, row, startBot, startSandbox, text, v2 } from './discord-bot.ts';

interface Channel {
  discord: SandboxDiscord;
  rest: REST;
  channelId: string;
  post(body: unknown, files?: { name: string; data: Buffer }[]): Promise<APIMessage>;
  edit(message: APIMessage, body: unknown, files?: { name: string; data: Buffer }[]): Promise<APIMessage>;
}

async function openChannel(context: TestContext): Promise<Channel> {
  const discord = await startSandbox(context);
  const rest = createRest(discord);
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  return {
    discord,
    rest,
    channelId,
    post: (body, files = []) => rest.post(Routes.channelMessages(channelId), { body, files }) as Promise<APIMessage>,
    edit: (message, body, files = []) =>
      rest.patch(Routes.channelMessage(channelId, message.id), { body, files }) as Promise<APIMessage>,
  };
}

const REFUSED: { name: string; body: unknown; paths: string[] }[] = [
  { name: 'content over 2000 characters', body: { content: 'x'.repeat(2_001) }, paths: ['content'] },
  { name: 'content that is no text', body: { content: 5 }, paths: ['content'] },
  { name: 'a body that is a list', body: [], paths: [''] },
  { name: 'content together with Components V2', body: { ...v2(text('x')), content: 'x' }, paths: ['content'] },
  {
    name: 'embeds together with Components V2',
    body: { ...v2(text('x')), embeds: [{ title: 'x' }] },
    paths: ['embeds'],
  },
  { name: 'Components V2 without the flag', body: { content: 'x', components: [text('x')] }, paths: ['components[0]'] },
  {
    name: 'six rows without the flag',
    body: { content: 'x', components: ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => row(button(id))) },
    paths: ['components'],
  },
  { name: 'a component of no known type', body: v2({ type: 99 }), paths: ['components[0]'] },
  { name: 'a modal component in a message', body: v2({ type: 18, label: 'x' }), paths: ['components[0]'] },
  { name: 'a component that is no object', body: v2('text'), paths: ['components[0]'] },
  { name: 'components that are no list', body: { ...v2(), components: {} }, paths: ['components'] },
  { name: 'a text display without content', body: v2({ type: 10 }), paths: ['components[0].content'] },
  { name: 'a text display of the wrong type', body: v2({ type: 10, content: 1 }), paths: ['components[0].content'] },
  { name: 'an empty text display', body: v2(text('')), paths: ['components[0].content'] },
  {
    name: 'a container in a container',
    body: v2({ type: 17, components: [{ type: 17, components: [text('x')] }] }),
    paths: ['components[0].components[0]'],
  },
  {
    name: '41 components counted with the nested ones',
    body: v2({ type: 17, components: Array.from({ length: 39 }, () => text('x')) }, text('x')),
    paths: ['components'],
  },
  {
    name: '4001 characters over all text displays',
    body: v2(text('x'.repeat(2_001)), { type: 17, components: [text('x'.repeat(2_000))] }),
    paths: ['components'],
  },
  {
    name: 'a custom_id used twice',
    body: v2(row(button('a')), row(button('a'))),
    paths: ['components[1].components[0].custom_id'],
  },
  {
    name: 'a custom_id over 100 characters',
    body: v2(row(button('x'.repeat(101), { label: 'x' }))),
    paths: ['components[0].components[0].custom_id'],
  },
  {
    name: 'a button without a custom_id',
    body: v2(row({ type: 2, style: 1, label: 'x' })),
    paths: ['components[0].components[0].custom_id'],
  },
  {
    name: 'a button label over 80 characters',
    body: v2(row(button('a', { label: 'x'.repeat(81) }))),
    paths: ['components[0].components[0].label'],
  },
  {
    name: 'a button without label and emoji',
    body: v2(row({ type: 2, style: 1, custom_id: 'a' })),
    paths: ['components[0].components[0]'],
  },
  {
    name: 'a button style that does not exist',
    body: v2(row(button('a', { style: 9 }))),
    paths: ['components[0].components[0].style'],
  },
  {
    name: 'a link button without an address',
    body: v2(row({ type: 2, style: 5, label: 'x' })),
    paths: ['components[0].components[0].url'],
  },
  {
    name: 'six buttons in a row',
    body: v2(row(...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => button(id)))),
    paths: ['components[0].components'],
  },
  {
    name: 'a button beside a menu',
    body: v2(row(button('a'), { type: 3, custom_id: 'b', options: [{ label: 'x', value: 'x' }] })),
    paths: ['components[0]'],
  },
  {
    name: 'a gallery of 11',
    body: v2(gallery(...Array.from({ length: 11 }, (_, index) => `https://example.com/${index}.png`))),
    paths: ['components[0].items'],
  },
  { name: 'an empty gallery', body: v2(gallery()), paths: ['components[0].items'] },
  {
    name: 'alt text over 1024 characters',
    body: v2({ type: 12, items: [{ media: { url: 'https://example.com/a.png' }, description: 'x'.repeat(1_025) }] }),
    paths: ['components[0].items[0].description'],
  },
  {
    name: 'a file address that is no attachment',
    body: v2({ type: 13, file: { url: 'https://example.com/a.zip' } }),
    paths: ['components[0].file.url'],
  },
  {
    name: 'media at an address Discord cannot fetch',
    body: v2(gallery('file:///etc/passwd')),
    paths: ['components[0].items[0].media.url'],
  },
  {
    name: 'an attachment:// that nothing resolves',
    body: v2(gallery('attachment://nothing.png')),
    paths: ['components[0].items[0].media.url'],
  },
  {
    name: 'a section of four texts',
    body: v2({ type: 9, components: [text('a'), text('b'), text('c'), text('d')], accessory: button('x') }),
    paths: ['components[0].components'],
  },
  {
    name: 'a section without an accessory',
    body: v2({ type: 9, components: [text('a')] }),
    paths: ['components[0].accessory'],
  },
  {
    name: 'a component id used twice',
    body: v2({ ...text('a'), id: 7 }, { ...text('b'), id: 7 }),
    paths: ['components[1].id'],
  },
  {
    name: 'an attachment that was not sent',
    body: { content: 'x', attachments: [{ id: '0', filename: 'a.png' }] },
    paths: ['attachments[0].id'],
  },
  {
    name: 'a reply to a message that is not there',
    body: { content: 'x', message_reference: { message_id: '1' } },
    paths: ['message_reference'],
  },
  {
    name: 'users both parsed and listed in allowed_mentions',
    body: { content: 'x', allowed_mentions: { parse: ['users'], users: ['1'] } },
    paths: ['allowed_mentions'],
  },
  {
    name: 'embeds over 6000 characters',
    body: { embeds: [{ description: 'x'.repeat(4_000) }, { description: 'x'.repeat(2_001) }] },
    paths: ['embeds'],
  },
];

for (const { name, body, paths } of REFUSED) {
  test(`${name} is refused with its path`, async (t) => {
    const { discord, post } = await openChannel(t);
    assert.deepEqual(await refused(discord, post(body)), { status: 400, code: 50035, paths });
    assert.deepEqual(discord.messages(discord.guilds[0]?.channels[0]?.id ?? '', discord.users.member.id), []);
  });
}

test('the error names each refused place in the shape of Discord', async (t) => {
  const { discord, channelId } = await openChannel(t);
  const body = v2({ type: 17, components: [row(button('ok'), button('bad', { label: 'x'.repeat(81) }))] });
  const response = await fetch(`${discord.url}/v10/channels/${channelId}/messages`, {
    method: 'POST',
    headers: { authorization: `Bot ${discord.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.deepEqual(await response.json(), {
    message: 'Invalid Form Body',
    code: 50035,
    errors: {
      components: {
        0: {
          components: {
            0: {
              components: {
                1: {
                  label: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 80 or fewer in length.' }] },
                },
              },
            },
          },
        },
      },
    },
  });
});

test('40 components and 4000 characters are accepted', async (t) => {
  const { post } = await openChannel(t);
  const texts = Array.from({ length: 39 }, () => text('x'.repeat(102)));
  const message = await post(v2({ type: 17, components: texts }));
  assert.equal(message.components?.length, 1);
  await post(v2(text('x'.repeat(4_000))));
});

for (const body of [{}, { content: '' }, { content: '   ' }, v2(), { content: null, embeds: [] }]) {
  test(`a message of ${JSON.stringify(body)} is empty`, async (t) => {
    const { discord, post } = await openChannel(t);
    assert.deepEqual(await refused(discord, post(body)), { status: 400, code: 50006, paths: [] });
  });
}

test('a message cannot be edited to nothing', async (t) => {
  const { discord, post, edit } = await openChannel(t);
  const message = await post({ content: 'x' });
  assert.equal((await refused(discord, edit(message, { content: '' }))).code, 50006);
});

test('a component comes back with an id and the defaults filled in', async (t) => {
  const { post } = await openChannel(t);
  const message = await post(
    v2({ type: 17, components: [text('x'), { type: 14 }, gallery('https://example.com/a.png')] }),
  );
  const [container] = message.components as unknown as { components: { items?: { media: { id?: string } }[] }[] }[];
  const media = container?.components[2]?.items?.[0]?.media;
  assert.match(media?.id ?? '', /^\d+$/u);
  delete media?.id;
  assert.deepEqual(message.components, [
    {
      accent_color: null,
      spoiler: false,
      type: 17,
      id: 1,
      components: [
        { type: 10, content: 'x', id: 2 },
        { divider: true, spacing: 1, type: 14, id: 3 },
        {
          type: 12,
          id: 4,
          items: [
            {
              media: {
                url: 'https://example.com/a.png',
                proxy_url: 'https://example.com/a.png',
                width: 0,
                height: 0,
                content_type: null,
              },
              description: 'a picture',
              spoiler: false,
            },
          ],
        },
      ],
    },
  ]);
});

test('attachment:// in a gallery becomes the address of the file, which serves its bytes', async (t) => {
  const { discord, post } = await openChannel(t);
  const message = await post(v2(gallery('attachment://a.png')), [{ name: 'a.png', data: PNG }]);
  const [attachment] = message.attachments;
  assert.equal(attachment?.filename, 'a.png');
  assert.equal(attachment?.content_type, 'image/png');
  assert.deepEqual([attachment?.width, attachment?.height, attachment?.size], [2, 3, PNG.length]);
  assert.match(
    attachment?.url ?? '',
    /^http:\/\/127\.0\.0\.1:\d+\/attachments\/\d+\/\d+\/a\.png\?ex=[0-9a-f]+&is=[0-9a-f]+&hm=[0-9a-f]{64}&$/u,
  );
  const [shown] = message.components as unknown as {
    items: { media: { url: string; width: number; height: number } }[];
  }[];
  const media = shown?.items[0]?.media;
  assert.equal(media?.url, attachment?.url);
  assert.deepEqual([media?.width, media?.height], [2, 3]);
  const response = await fetch(attachment?.url ?? '');
  assert.equal(response.headers.get('content-type'), 'image/png');
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG);
  assert.deepEqual(discord.readFile(attachment?.url ?? ''), PNG);
});

test('addresses are signed anew each time a message is read', async (t) => {
  const { discord, post, rest, channelId } = await openChannel(t);
  const message = await post({ content: 'x' }, [{ name: 'a.png', data: PNG }]);
  discord.clock.advance(60_000);
  const again = (await rest.get(Routes.channelMessage(channelId, message.id))) as APIMessage;
  assert.notEqual(again.attachments[0]?.url, message.attachments[0]?.url);
  assert.equal(again.attachments[0]?.url.split('?')[0], message.attachments[0]?.url.split('?')[0]);
});

test('special characters leave a file name, and the old name does not resolve', async (t) => {
  const { discord, post } = await openChannel(t);
  const file = { name: '夕日 sunset.png', data: PNG };
  const message = await post({ content: 'x' }, [file]);
  assert.equal(message.attachments[0]?.filename, '_sunset.png');
  assert.equal((message.attachments[0] as { title?: string }).title, '夕日 sunset');
  assert.equal((await refused(discord, post(v2(gallery('attachment://夕日 sunset.png')), [file]))).code, 50035);
});

test('a file of a deleted message is gone', async (t) => {
  const { discord, post, rest, channelId } = await openChannel(t);
  const message = await post({ content: 'x' }, [{ name: 'a.png', data: PNG }]);
  await rest.delete(Routes.channelMessage(channelId, message.id));
  assert.equal((await fetch(message.attachments[0]?.url ?? '')).status, 404);
  assert.equal(discord.getMessage(message.id), undefined);
});

test('on an edit the listed attachments stay, left out they all stay, new files are named by their n', async (t) => {
  const { post, edit } = await openChannel(t);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name: `${name}.png`, data: PNG }));
  assert.ok(a && b && c);
  const names = (message: APIMessage): string[] => message.attachments.map((attachment) => attachment.filename);
  const message = await post({ content: 'x' }, [a, b]);
  assert.deepEqual(names(await edit(message, { content: 'y' })), ['a.png', 'b.png']);
  const keep = { id: message.attachments[1]?.id };
  assert.deepEqual(names(await edit(message, { attachments: [keep, { id: 0 }] }, [c])), ['b.png', 'c.png']);
  const shown = await edit(message, { ...v2(gallery('attachment://b.png')), content: null });
  assert.deepEqual(names(shown), ['b.png', 'c.png']);
  assert.deepEqual(names(await edit(message, { attachments: [keep] })), ['b.png']);
});

test('the Components V2 flag stays on a message for good', async (t) => {
  const { discord, post, edit } = await openChannel(t);
  const message = await post(v2(text('x')));
  assert.deepEqual((await refused(discord, edit(message, { flags: 0, content: 'x' }))).paths, ['flags', 'content']);
  assert.deepEqual((await refused(discord, edit(message, { content: 'x' }))).paths, ['content']);
  const edited = await edit(message, { components: [text('y')] });
  assert.equal((edited.flags ?? 0) & MessageFlags.IsComponentsV2, MessageFlags.IsComponentsV2);
});

test('an old message becomes Components V2 once its content is taken away', async (t) => {
  const { discord, post, edit } = await openChannel(t);
  const message = await post({ content: 'x' });
  assert.deepEqual((await refused(discord, edit(message, v2(text('y'))))).paths, ['content']);
  await edit(message, { ...v2(text('y')), content: null });
  assert.equal(discord.getMessage(message.id)?.message.content, '');
});

test('a file over 10 MiB, and a request over 25 MiB, are refused with 413', async (t) => {
  const { discord, post } = await openChannel(t);
  const big = { name: 'big.zip', data: Buffer.alloc(10 * 1024 * 1024 + 1) };
  assert.deepEqual(await refused(discord, post({ content: 'x' }, [big])), { status: 413, code: 40005, paths: [] });
  const files = ['a', 'b', 'c'].map((name) => ({ name: `${name}.zip`, data: Buffer.alloc(9 * 1024 * 1024) }));
  assert.deepEqual(await refused(discord, post({ content: 'x' }, files)), { status: 413, code: 40005, paths: [] });
  const exact = await post({ content: 'x' }, [{ name: 'ok.zip', data: Buffer.alloc(10 * 1024 * 1024) }]);
  assert.equal(exact.attachments[0]?.content_type, 'application/zip');
});

test('more than 10 attachments are refused', async (t) => {
  const { discord, post, edit } = await openChannel(t);
  const files = Array.from({ length: 11 }, (_, index) => ({ name: `${index}.png`, data: PNG }));
  assert.equal((await refused(discord, post({ content: 'x' }, files))).code, 30015);
  const message = await post({ content: 'x' }, files.slice(0, 10));
  assert.equal((await refused(discord, edit(message, { content: 'y' }, files.slice(10)))).code, 30015);
});

test('a message remembers whom it pings, and an edit without allowed_mentions pings again', async (t) => {
  const { discord, post, edit } = await openChannel(t);
  const { member, member2 } = discord.users;
  const content = `<@${member.id}> and <@${member2.id}> @everyone`;
  const pinged = (message: APIMessage): string[] => message.mentions.map((user) => user.id);
  assert.deepEqual(pinged(await post({ content })), [member.id, member2.id]);
  const silent = await post({ content, allowed_mentions: { parse: [] } });
  assert.deepEqual(pinged(silent), []);
  assert.equal(silent.mention_everyone, false);
  assert.deepEqual(pinged(await post({ content, allowed_mentions: { users: [member2.id] } })), [member2.id]);
  assert.deepEqual(pinged(await edit(silent, { content: `${content}!` })), [member.id, member2.id]);
  assert.deepEqual(pinged(await post(v2(text(`<@${member.id}>`)))), [member.id]);
});

test('a reply names its message and pings its author only when allowed', async (t) => {
  const { discord, post } = await openChannel(t);
  const first = await post({ content: 'first' });
  const reference = { message_reference: { message_id: first.id } };
  const loud = await post({ content: 'reply', ...reference });
  assert.equal(loud.type, 19);
  assert.equal(loud.referenced_message?.id, first.id);
  assert.deepEqual(
    loud.mentions.map((user) => user.id),
    [discord.users.bot.id],
  );
  const quiet = await post({ content: 'reply', ...reference, allowed_mentions: { parse: [], replied_user: false } });
  assert.deepEqual(quiet.mentions, []);
});

test('an enforced nonce makes one message of two requests', async (t) => {
  const { post } = await openChannel(t);
  const body = { content: 'x', nonce: 'job-1', enforce_nonce: true };
  const first = await post(body);
  assert.equal((await post(body)).id, first.id);
  assert.notEqual((await post({ ...body, nonce: 'job-2' })).id, first.id);
});

test('what a channel does not let the bot do is refused', async (t) => {
  const { discord, rest, channelId, post, edit } = await openChannel(t);
  const all =
    PermissionFlagsBits.ViewChannel | PermissionFlagsBits.SendMessages | PermissionFlagsBits.ReadMessageHistory;
  const message = await post({ content: 'x' });
  const file = { name: 'a.png', data: PNG };
  discord.setBotPermissions(channelId, all);
  assert.deepEqual(await refused(discord, post({ content: 'x' }, [file])), { status: 403, code: 50013, paths: [] });
  assert.equal((await refused(discord, edit(message, { content: 'x' }, [file]))).code, 50013);
  discord.setBotPermissions(channelId, PermissionFlagsBits.ViewChannel);
  assert.equal((await refused(discord, post({ content: 'x' }))).code, 50013);
  await edit(message, { content: 'an edit needs no SEND_MESSAGES' });
  assert.deepEqual(await rest.get(Routes.channelMessages(channelId)), []);
  discord.setBotPermissions(channelId, 0n);
  for (const attempt of [
    post({ content: 'x' }),
    edit(message, { content: 'x' }),
    rest.get(Routes.channel(channelId)),
  ]) {
    assert.deepEqual(await refused(discord, attempt), { status: 403, code: 50001, paths: [] });
  }
});

test('an interaction is answered without SEND_MESSAGES, its files need ATTACH_FILES', async (t) => {
  const { discord, generate, channelId } = await startBot(t);
  discord.setBotPermissions(channelId, 0n);
  const { interaction } = await generate();
  assert.equal(interaction.appPermissions.bitfield, 0n);
  const reply = interaction.reply({ files: [{ attachment: PNG, name: 'a.png' }] });
  assert.deepEqual(await refused(discord, reply), { status: 403, code: 50013, paths: [] });
  await interaction.reply('text is fine');
});

test('channels and messages that are not there have their own codes', async (t) => {
  const { discord, rest, channelId, edit } = await openChannel(t);
  assert.deepEqual(await refused(discord, rest.get(Routes.channel('1'))), { status: 404, code: 10003, paths: [] });
  assert.equal(
    (await refused(discord, rest.post(Routes.channelMessages('1'), { body: { content: 'x' } }))).code,
    10003,
  );
  assert.equal((await refused(discord, edit({ id: '1' } as APIMessage, { content: 'x' }))).code, 10008);
  assert.equal((await refused(discord, rest.delete(Routes.channelMessage(channelId, '1')))).code, 10008);
  assert.deepEqual(await refused(discord, rest.get('/channels/general')), {
    status: 400,
    code: 50035,
    paths: ['channel_id'],
  });
});

test('a channel lists what everyone sees, newest first, by page', async (t) => {
  const { rest, channelId, post } = await openChannel(t);
  const ids: string[] = [];
  for (const content of ['one', 'two', 'three']) ids.unshift((await post({ content })).id);
  const list = async (query: Record<string, string>): Promise<string[]> =>
    ((await rest.get(Routes.channelMessages(channelId), { query: new URLSearchParams(query) })) as APIMessage[]).map(
      (message) => message.id,
    );
  assert.deepEqual(await list({}), ids);
  assert.deepEqual(await list({ limit: '1' }), ids.slice(0, 1));
  assert.deepEqual(await list({ before: ids[0] ?? '' }), ids.slice(1));
  assert.deepEqual(await list({ after: ids[1] ?? '' }), ids.slice(0, 1));
});

test('whoever listens hears of new, edited and deleted messages', async (t) => {
  const { discord, post, edit } = await openChannel(t);
  const heard: string[] = [];
  const stop = discord.onChange((change) => {
    if (change.type === 'message') heard.push(change.message.message.content);
    if (change.type === 'message-deleted') heard.push(`${change.messageId} deleted`);
  });
  const message = await post({ content: 'one' });
  await edit(message, { content: 'two' });
  discord.deleteMessage(message.id);
  stop();
  await post({ content: 'three' });
  assert.deepEqual(heard, ['one', 'two', `${message.id} deleted`]);
});
