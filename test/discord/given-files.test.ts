/** A file that is given to a command: what can never be used is refused before anything is saved or fetched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../commands/index.ts';
import type { CommandAsk } from '../../src/discord/ask.ts';
import type { CommandContext } from '../../src/discord/command.ts';
import { en } from '../../src/locales/en.ts';
import { GIVEN_LIMITS } from '../../src/pictures/prepare.ts';

/** What each command that takes a file comes to with one of this size. */
async function give(bytes: number): Promise<string[]> {
  const outcomes: string[] = [];
  const context = {
    locale: en,
    ownerOf: () => 'local',
    answers: { refuse: async (_ask: unknown, sentence: string) => void outcomes.push(sentence) },
    intake: { submit: async () => void outcomes.push('taken') },
    animations: { run: async () => void outcomes.push('taken') },
  } as unknown as CommandContext;
  const typed: [string, string][] = [
    ['prompt', 'a red boat'],
    ['title', 'a boat'],
    ['feature_1', 'it floats'],
    ['image', '1'],
  ];
  const file = { url: 'https://cdn.discordapp.com/a.png', name: 'a.png', bytes };
  const ask = { options: new Map(typed), attachments: new Map([['1', file]]) } as unknown as CommandAsk;
  const takers = commands.filter(({ data }) => data.options?.some(({ name }) => name === 'image'));
  assert.deepEqual(takers.map(({ data }) => data.name).toSorted(), ['animate', 'generate', 'listing']);
  for (const command of takers) await command.execute(ask, context);
  return outcomes;
}

test('a file larger than can be used is refused at once, with the reason', async () => {
  assert.deepEqual(await give(GIVEN_LIMITS.mostBytes), ['taken', 'taken', 'taken']);
  for (const sentence of await give(GIVEN_LIMITS.mostBytes + 1)) assert.match(sentence, /larger than 20 MB/);
});
