/** What a person does with several pictures: posts them, opens the menu of a message, chooses from a select. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { APIMessage } from 'discord-api-types/v10';
import sharp from 'sharp';
import type { InteractionOutcome, PickedFile, SandboxMessage } from '../../sandbox/interface.ts';
import type { Person, World } from './world.ts';

export async function drawPicture(colour: string, side = 320): Promise<Buffer> {
  return sharp({ create: { width: side, height: side, channels: 3, background: colour } })
    .png()
    .toBuffer();
}

export async function pickPicture(name = 'boat.png', colour = 'teal'): Promise<PickedFile> {
  return { name, contentType: 'image/png', data: (await drawPicture(colour)).toString('base64') };
}

export interface Posted {
  files?: { name: string; bytes: Buffer }[];
  /** Addresses. */
  embedded?: string[];
  components?: unknown[];
}

/** A message that is no card. It shows these files, or the pictures at these addresses. */
export async function post(
  { sandbox, channelId }: World,
  { files = [], embedded = [], components = [] }: Posted,
): Promise<string> {
  const { url, token } = sandbox.discord;
  const form = new FormData();
  const embeds = embedded.map((address) => ({ image: { url: address } }));
  form.set('payload_json', JSON.stringify({ content: 'Look!', embeds, components }));
  for (const [index, { name, bytes }] of files.entries()) {
    form.set(`files[${index}]`, new Blob([new Uint8Array(bytes)], { type: 'image/png' }), name);
  }
  const response = await fetch(`${url}/v10/channels/${channelId}/messages`, {
    method: 'POST',
    headers: { authorization: `Bot ${token}` },
    body: form,
  });
  assert.equal(response.status, 200, await response.clone().text());
  return ((await response.json()) as APIMessage).id;
}

export function openMenu(
  world: World,
  messageId: string,
  name: string,
  by: Person = 'member',
): Promise<InteractionOutcome> {
  return world.sandbox.discord.runMessageCommand({ userId: world.userId(by), messageId, name });
}

/** The message an interaction was answered with. */
export function answerOf(world: World, outcome: InteractionOutcome): SandboxMessage {
  assert.ok(outcome.status === 'answered' && outcome.messageId !== null, 'it was answered with a message');
  return world.message(outcome.messageId);
}

export interface Select {
  customId: string;
  options: { label: string; value: string; description?: string }[];
}

export function selectOf({ message }: SandboxMessage): Select {
  const found: Select[] = [];
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if ('type' in part && part.type === 3 && 'custom_id' in part && 'options' in part) {
      found.push({ customId: String(part.custom_id), options: part.options as Select['options'] });
    }
    for (const inner of Object.values(part)) walk(inner);
  };
  walk(message.components);
  const [select] = found;
  assert.ok(select !== undefined, `a select in: ${JSON.stringify(message.components)}`);
  return select;
}

/** Chooses the option with this label. */
export function choose(
  world: World,
  asked: SandboxMessage,
  label: string,
  by: Person = 'member',
): Promise<InteractionOutcome> {
  const { customId, options } = selectOf(asked);
  const option = options.find((each) => each.label === label);
  assert.ok(option !== undefined, `an option ${label} among [${options.map((each) => each.label).join(', ')}]`);
  const { id: messageId } = asked.message;
  return world.sandbox.discord.press({ userId: world.userId(by), messageId, customId, values: [option.value] });
}

/** Somebody else sends what the select of a private message would send. */
export async function forge(world: World, asked: SandboxMessage, by: Person): Promise<InteractionOutcome> {
  const { customId, options } = selectOf(asked);
  const select = { type: 3, custom_id: customId, options };
  const messageId = await post(world, { components: [{ type: 1, components: [select] }] });
  const values = [options[0]?.value ?? ''];
  return world.sandbox.discord.press({ userId: world.userId(by), messageId, customId, values });
}

/** Files of drafts on the bot's disk, without what is derived from them. */
export function draftFiles({ sandbox }: World): string[] {
  const root = join(sandbox.folder, 'assets');
  if (!existsSync(root)) return [];
  const folders = readdirSync(root).filter((name) => name.startsWith('draft'));
  return folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));
}

export interface SlowHost {
  address(name: string): string;
  /** How many asked for the picture so far. */
  asked(): number;
  /** Answers everybody who waits, and whoever comes from now on. */
  release(): void;
}

/** A host of pictures that keeps everybody waiting until it is told otherwise. */
export async function startSlowHost(context: TestContext): Promise<SlowHost> {
  const bytes = await drawPicture('orange');
  const waiting: ServerResponse[] = [];
  let asked = 0;
  let isOpen = false;
  const send = (response: ServerResponse): void => void response.setHeader('content-type', 'image/png').end(bytes);
  const server = createServer((_request, response) => {
    asked += 1;
    if (isOpen) send(response);
    else waiting.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: (name) => `http://127.0.0.1:${port}/${name}`,
    asked: () => asked,
    release: () => {
      isOpen = true;
      for (const response of waiting.splice(0)) send(response);
    },
  };
}
