/** Models and their settings, from the first letter typed to what reaches the service, with the real bot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandOptions } from '../../sandbox/interface.ts';
import { textOf, World } from './world.ts';

const FLUX = 'black-forest-labs/flux-schnell';
const SDXL = 'stability-ai/sdxl';

interface Typing {
  name?: string;
  subcommand?: string;
  options: CommandOptions;
  focused: string;
}

async function offered(world: World, typing: Typing): Promise<{ name: string; value: string | number }[]> {
  const { channelId } = world;
  return world.sandbox.discord.autocomplete({ userId: world.userId('member'), channelId, name: 'generate', ...typing });
}

/** What is offered once the bot has heard from the service. */
async function whenOffered(world: World, typing: Typing): Promise<(string | number)[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const values = (await offered(world, typing)).map(({ value }) => value);
    if (values.length > 0 || Date.now() > deadline) return values;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('models and settings are completed, looked at, checked before anything is paid, and sent as the model wants them', async (context) => {
  const world = await World.start(context);

  await context.test('a model is found by words of its name', async () => {
    const [first] = await whenOffered(world, {
      options: { prompt: 'a lake', model: 'schnell flux' },
      focused: 'model',
    });
    assert.equal(first, FLUX);
    const local = await offered(world, { options: { provider: 'local', model: 'flux' }, focused: 'model' });
    assert.deepEqual(local, [], 'the local preview has no models');
  });

  await context.test(
    'the key being typed is completed with what it may be, and what stands before it is kept',
    async () => {
      const typing = { options: { model: SDXL, settings: 'apply_watermark=false, guid' }, focused: 'settings' };
      assert.deepEqual(await whenOffered(world, typing), ['apply_watermark=false, guidance_scale=']);
      const [choice] = await offered(world, typing);
      assert.match(choice?.name ?? '', /^guidance_scale= 1 to 50, default 7\.5 – Scale/);
    },
  );

  await context.test('values are offered after the equals sign, the allowed ones alone', async () => {
    const typing = { options: { settings: 'output_format=p' }, focused: 'settings' };
    assert.deepEqual(await whenOffered(world, typing), ['output_format=png']);
    const all = await whenOffered(world, { options: { settings: 'go_fast=' }, focused: 'settings' });
    assert.deepEqual(all, ['go_fast=true', 'go_fast=false']);
    const keys = await whenOffered(world, { options: { settings: '' }, focused: 'settings' });
    assert.ok(keys.includes('megapixels='));
    for (const own of ['prompt=', 'seed=', 'num_outputs=', 'disable_safety_checker=']) assert.ok(!keys.includes(own));
    const long = `megapixels="${'1'.repeat(90)}", `;
    assert.deepEqual(await offered(world, { options: { settings: long }, focused: 'settings' }), []);
  });

  await context.test(
    'a setting that does not fit is refused privately with what is allowed, and nothing is paid',
    async () => {
      const refusals: [string, RegExp][] = [
        ['num_inference_steps=20', /`num_inference_steps` cannot be `20`; expected 1 to 4/],
        ['go_fats=true', /no input `go_fats`\. Did you mean go_fast/],
        ['seed=3', /use `seed:`/],
        ['disable_safety_checker=true', /cannot be changed/],
        ['go_fast', /`go_fast` has no `=`/],
      ];
      for (const [settings, sentence] of refusals) {
        const answer = await world.run({ name: 'generate', options: { prompt: 'a lake', settings } });
        assert.match(textOf(answer.message), sentence);
        assert.equal(answer.ephemeralFor, world.userId('member'));
      }
      assert.equal(world.predictions().length, 0);
    },
  );

  await context.test('an accepted setting reaches the model as the number it wants', async () => {
    const card = await world.generate({ prompt: 'a lake', settings: 'num_inference_steps=3, output_format=WEBP' });
    await world.whenCard(card, /Done/);
    const [prediction] = world.predictions();
    assert.equal(prediction?.input['num_inference_steps'], 3);
    assert.equal(prediction.input['output_format'], 'webp');
  });

  await context.test('/models list shows them privately, by kind and words, the default marked', async () => {
    const all = await world.run({ name: 'models', subcommand: 'list' });
    assert.equal(all.ephemeralFor, world.userId('member'));
    assert.match(textOf(all.message), /`black-forest-labs\/flux-schnell` · pictures · \*\*default\*\*/);
    assert.match(textOf(all.message), /Local preview\*\*\nThere is nothing to choose from/);
    const searched = await world.run({
      name: 'models',
      subcommand: 'list',
      options: { kind: 'video', search: 'kling' },
    });
    assert.match(textOf(searched.message), /`kwaivgi\/kling-v2\.1` · videos/);
    assert.doesNotMatch(textOf(searched.message), /flux/);
  });

  await context.test(
    '/models inputs shows what each input may be, and says so when there is no such model',
    async () => {
      const typing = { name: 'models', subcommand: 'inputs', options: { model: 'sdxl' }, focused: 'model' };
      assert.deepEqual(await whenOffered(world, typing), [SDXL]);
      const inputs = textOf(
        (await world.run({ name: 'models', subcommand: 'inputs', options: { model: SDXL } })).message,
      );
      assert.match(inputs, /`guidance_scale` · .*1 to 50.* · default .*7\\\.5/);
      assert.match(inputs, /`scheduler` · .*DDIM/);
      assert.match(inputs, /From the options of the command.*\n`prompt` `negative_prompt`/);
      const video = { model: 'gemini-omni-1.1-flash' };
      const other = textOf((await world.run({ name: 'models', subcommand: 'inputs', options: video })).message);
      assert.match(other, /Gemini · videos/, 'whose model it is and what it makes need not be said');
      assert.match(other, /`resolution` · .*720p/);
      const unknown = await world.run({ name: 'models', subcommand: 'inputs', options: { model: 'nobody/nothing' } });
      assert.match(textOf(unknown.message), /no model `nobody\/nothing`/);
      const local = { model: 'any', provider: 'local' };
      const none = await world.run({ name: 'models', subcommand: 'inputs', options: local });
      assert.match(textOf(none.message), /Local preview has no models/);
    },
  );
});
