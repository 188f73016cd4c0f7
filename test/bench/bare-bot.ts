/**
 * What Darkroom is measured against: a plain discord.js bot as its guide teaches one. It defers, waits as long
 * as the sandbox's Replicate takes or encodes a picture with sharp, and edits the picture in. It keeps nothing.
 *
 * Settings: DISCORD_TOKEN, DISCORD_API_URL; PICTURE_FILE with WAIT_MS, or PIXELS_FILE with PIXELS_WIDTH.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationCommandOptionType, Client, Events, GatewayIntentBits } from 'discord.js';
import type { ChatInputCommandInteraction } from 'discord.js';
import { encodeWithSharp } from './pictures.ts';

/** As `Buffer.length / (width * this)` gives the height. */
const BYTES_A_PIXEL = 4;

const { DISCORD_TOKEN, DISCORD_API_URL, PICTURE_FILE, WAIT_MS, PIXELS_FILE, PIXELS_WIDTH } = process.env;

const makePicture = PIXELS_FILE === undefined ? waitForPicture() : encodePixels(PIXELS_FILE);

const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  rest: { api: DISCORD_API_URL ?? 'https://discord.com/api' },
});

client.once(Events.ClientReady, (ready) => {
  void ready.application.commands.set([
    {
      name: 'generate',
      description: 'Makes a picture',
      options: [
        { type: ApplicationCommandOptionType.String, name: 'prompt', description: 'What to make', required: true },
        { type: ApplicationCommandOptionType.String, name: 'provider', description: 'Who makes it' },
        { type: ApplicationCommandOptionType.Integer, name: 'seed', description: 'For the same picture again' },
      ],
    },
  ]);
});

client.on(Events.InteractionCreate, (interaction) => {
  if (interaction.isChatInputCommand()) void answer(interaction);
});

await client.login(DISCORD_TOKEN);

async function answer(interaction: ChatInputCommandInteraction): Promise<void> {
  await interaction.deferReply();
  await interaction.editReply({ files: [await makePicture()] });
}

interface NamedFile {
  name: string;
  attachment: Buffer;
}

function waitForPicture(): () => Promise<NamedFile> {
  const attachment = readFileSync(PICTURE_FILE ?? '');
  return async () => {
    await sleep(Number(WAIT_MS));
    return { name: 'picture.webp', attachment };
  };
}

function encodePixels(file: string): () => Promise<NamedFile> {
  const pixels = readFileSync(file);
  const width = Number(PIXELS_WIDTH);
  const height = pixels.length / (width * BYTES_A_PIXEL);
  return async () => ({ name: 'picture.png', attachment: await encodeWithSharp({ pixels, width, height }) });
}
