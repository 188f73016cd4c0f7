/** `/generate` and its buttons, from the slash command to the picture, with the real bot as a process of its own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { picturesOf, shareWorld, textOf, World } from './world.ts';

const PROMPT = 'a beautiful sunset over mountains';

const share = shareWorld({ env: { MAX_RETRIES: '1' } });

test('a prompt becomes a picture on one card that says at every step what happens', async () => {
  const world = await share();
  world.setPace({ queueMs: 1_200, workMs: 3_000 });
  const card = await world.generate({ prompt: PROMPT });
  assert.match(world.text(card), /Queued|Generating/);
  assert.ok(world.buttons(card).has('Cancel'));
  await world.whenCard(card, /Generating/);
  await world.whenCard(card, /\d+ ?%/);
  const done = await world.whenCard(card, /Done/);
  assert.match(done, new RegExp(PROMPT));
  assert.match(done, /`[a-z0-9]{12}`/, 'the job id in code format');
  const [picture] = picturesOf(world.message(card).message);
  assert.ok(picture);
  assert.match(picture.description, new RegExp(PROMPT), 'alt text says what the picture is of');
  assert.deepEqual([...world.buttons(card).keys()], ['Download', 'Again', 'Edit prompt', 'Animate', 'Details']);
});

test('the card itself is the answer: no placeholder, and no second message', async () => {
  const world = await share();
  const outcome = await world.command({ prompt: PROMPT });
  assert.ok(outcome.status === 'answered');
  assert.equal(outcome.type, 4);
  await world.whenCard(outcome.messageId ?? '', /Done/);
  assert.equal(world.messages().length, 1);
});

test('Download gives the original file, byte for byte, privately, under a name made from the prompt', async () => {
  const world = await share();
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Done/);
  const answer = await world.pressForMessage(card, 'Download', 'member2');
  assert.equal(answer.ephemeralFor, world.userId('member2'));
  const [file] = answer.message.attachments;
  assert.ok(file);
  assert.match(file.filename, /^generated_image_beautiful_sunset_over_mountains\.(png|webp)$/);
  const [shown] = picturesOf(world.message(card).message);
  const original = world.sandbox.discord.readFile(file.url);
  assert.ok(original !== undefined && original.length > 1_000);
  assert.deepEqual(original, world.sandbox.discord.readFile(shown?.url ?? ''));
});

test('what fails can be tried again on the same card, with fresh retries', async () => {
  const world = await share();
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'fails' }, 2);
  const card = await world.generate({ prompt: PROMPT });
  const failed = await world.whenCard(card, /Failed/);
  assert.match(failed, /\[API_ERROR\]/);
  assert.match(failed, /Retries: 1\/1/);
  assert.deepEqual(
    [...world.buttons(card).keys()],
    ['Retry', 'Edit prompt', 'Fallback: local', 'Fallback: gemini', 'Details'],
  );
  await world.press(card, 'Retry');
  await world.whenCard(card, /Done/);
  assert.equal(world.predictions().length, 3);
  assert.equal(world.messages().length, 1);
});

test('Fallback: local makes a preview on the same card when the service could not make it, and says that it did', async () => {
  const world = await share();
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'fails' }, 2);
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Failed/);
  await world.press(card, 'Fallback: local');
  const done = await world.whenCard(card, /Done/);
  assert.match(done, /[Ll]ocal/);
  assert.equal(picturesOf(world.message(card).message).length, 1);
  assert.equal(world.predictions().length, 2);
  const retried = await world.pressForMessage(card, 'Retry: replicate');
  assert.notEqual(retried.message.id, card, 'the preview stays where it is');
  await world.whenCard(retried.message.id, /Done/);
  assert.equal(world.predictions().length, 3);
});

test('FALLBACK=auto goes on with a local preview by itself, on the same card, and says that it did', async (context) => {
  const world = await World.start(context, { env: { MAX_RETRIES: '1', FALLBACK: 'auto' } });
  world.sandbox.replicate.addFault({ on: 'create', kind: 'http-402' });
  const card = await world.generate({ prompt: PROMPT });
  const done = await world.whenCard(card, /Done/);
  assert.match(done, /Replicate could not make it/);
  assert.equal(world.messages().length, 1);
});

test('a double click, or Retry and then Fallback, makes one job', async () => {
  const world = await share();
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'fails' }, 2);
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Failed/);
  await Promise.all([world.press(card, 'Retry'), world.press(card, 'Retry'), world.press(card, 'Fallback: local')]);
  await world.whenCard(card, /Done/);
  assert.equal(world.predictions().length, 3, 'the failed ones and one more');
});

test('Again makes a new card for whoever pressed, with a new picture', async () => {
  const world = await share();
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Done/);
  const again = await world.pressForMessage(card, 'Again', 'member2');
  assert.notEqual(again.message.id, card);
  await world.whenCard(again.message.id, /Done/);
  const [first, second] = world.predictions();
  assert.notEqual(first?.input['seed'], second?.input['seed']);
});

test('Cancel stops the work upstream and the card says so', async () => {
  const world = await share();
  world.setPace({ queueMs: 100, workMs: 60_000 });
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  await world.press(card, 'Cancel');
  await world.whenCard(card, /Cancelled/);
  assert.deepEqual([...world.buttons(card).keys()], ['Again', 'Edit prompt', 'Details']);
  assert.equal(world.predictions()[0]?.status, 'canceled');
});

test("others cannot cancel or retry one's job; a moderator can, and it stays the member's job", async () => {
  const world = await share();
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'fails' }, 2);
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Failed/);
  const refused = await world.pressForMessage(card, 'Retry', 'member2');
  assert.equal(refused.ephemeralFor, world.userId('member2'));
  assert.match(world.text(card), /Failed/);
  await world.press(card, 'Retry', 'moderator');
  await world.whenCard(card, /Done/);
});

test('a private request is seen by its asker alone', async () => {
  const world = await share();
  const card = await world.generate({ prompt: PROMPT, private: true });
  await world.whenCard(card, /Done/);
  assert.equal(world.message(card).ephemeralFor, world.userId('member'));
  assert.equal(world.messages('member2').length, 0);
});

test('a private card whose token has ended is brought up to date by Refresh', async () => {
  const world = await share();
  world.setPace({ queueMs: 50, workMs: 2_000 });
  const card = await world.generate({ prompt: PROMPT, private: true });
  await world.whenCard(card, /Generating/);
  assert.ok(world.buttons(card).has('Refresh'));
  world.sandbox.clock.advance(16 * 60_000);
  await world.whenMoved('done');
  await world.press(card, 'Refresh');
  await world.whenCard(card, /Done/);
});

test('a picture that is done after the 15-minute token has ended still reaches its card', async () => {
  const world = await share();
  world.setPace({ queueMs: 50, workMs: 1_500 });
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  world.sandbox.clock.advance(16 * 60_000);
  await world.whenCard(card, /Done/);
  assert.equal(picturesOf(world.message(card).message).length, 1);
  const byBot = world.requests().filter(({ method, path }) => method === 'PATCH' && path.startsWith('/channels/'));
  assert.ok(byBot.length > 0, "the bot's own edit");
});

test('buttons work after a restart and after the token has ended', async () => {
  const world = await share();
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Done/);
  await world.kill();
  world.sandbox.clock.advance(3 * 24 * 3_600_000);
  await world.startAgain();
  const answer = await world.pressForMessage(card, 'Download');
  assert.equal(answer.message.attachments.length, 1);
  const again = await world.pressForMessage(card, 'Again');
  await world.whenCard(again.message.id, /Done/);
});

test('one interaction delivered twice makes one job', async () => {
  const world = await share();
  const outcome = await world.command({ prompt: PROMPT });
  world.sandbox.discord.replay(outcome.interactionId);
  await world.whenCard(outcome.status === 'answered' ? (outcome.messageId ?? '') : '', /Done/);
  await world.kill();
  await world.startAgain();
  world.sandbox.discord.replay(outcome.interactionId);
  const next = await world.generate({ prompt: 'another' });
  await world.whenCard(next, /Done/);
  assert.equal(world.predictions().length, 2);
});

test('an answer that Discord took and whose reply was lost still is the card', async () => {
  const world = await share();
  world.sandbox.discord.addFault({ method: 'POST', route: /\/callback/, kind: 'cut-after', times: 1 });
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Done/);
  assert.equal(world.predictions().length, 1);
});

test('an answer that never reached Discord is not paid for', async () => {
  const world = await share();
  world.sandbox.discord.addFault({ method: 'POST', route: /\/callback/, kind: 'hang', times: 1 });
  const outcome = await world.command({ prompt: PROMPT });
  assert.equal(outcome.status, 'no-answer');
  await world.whenMoved('cancelled');
  assert.equal(world.predictions().length, 0);
  const card = await world.generate({ prompt: 'the next one works' });
  await world.whenCard(card, /Done/);
});

test('every refusal is one clear private sentence, and nothing is paid', async (context) => {
  const world = await World.start(context, {
    env: { USER_RUNNING_LIMIT: '1', USER_WAITING_LIMIT: '1' },
    pace: { queueMs: 50, workMs: 60_000 },
  });
  const refuse = async (options: Parameters<World['command']>[0], pattern: RegExp): Promise<void> => {
    const outcome = await world.command(options);
    assert.ok(outcome.status === 'answered' && outcome.messageId !== null, 'answered in time');
    const message = world.message(outcome.messageId);
    assert.equal(message.ephemeralFor, world.userId('member'), 'only the asker sees it');
    assert.match(textOf(message.message), pattern);
  };
  await refuse({ prompt: '   ' }, /prompt/i);
  await refuse({ prompt: PROMPT, provider: 'replicate', model: 'nobody/nothing' }, /model/i);
  await refuse({ prompt: PROMPT, model: 'not a model' }, /model/i);
  world.sandbox.discord.setBotPermissions(world.channelId, PermissionFlagsBits.ViewChannel);
  await refuse({ prompt: PROMPT }, /Send Messages/);
  world.sandbox.discord.setBotPermissions(
    world.channelId,
    PermissionFlagsBits.ViewChannel | PermissionFlagsBits.SendMessages | PermissionFlagsBits.AttachFiles,
  );
  assert.equal(world.predictions().length, 0);
  await world.generate({ prompt: 'one' });
  await world.generate({ prompt: 'two' });
  await refuse({ prompt: 'three' }, /1/);
  assert.ok(world.predictions().length <= 1);
});

test('a disk that takes no more writes: the asker is told, nothing is paid, and work goes on when there is room', async () => {
  const world = await share();
  world.setPace({ queueMs: 50, workMs: 1_500 });
  const running = await world.generate({ prompt: 'already under way' });
  await world.whenMoved('running');
  const limitFiles = (bytes: string): void => {
    execFileSync('prlimit', ['--pid', String(world.bot.pid), `--fsize=${bytes}`]);
  };
  limitFiles('1:unlimited');
  const outcome = await world.command({ prompt: PROMPT }, 'member2');
  assert.ok(outcome.status === 'answered' && outcome.messageId !== null);
  assert.match(textOf(world.message(outcome.messageId).message), /save/);
  assert.equal(world.message(outcome.messageId).ephemeralFor, world.userId('member2'));
  await world.waitUntil('the running one is made upstream', () => world.predictions()[0]?.status === 'succeeded');
  assert.equal(world.predictions().length, 1, 'nothing was paid for what could not be saved');
  limitFiles('unlimited:unlimited');
  await world.whenCard(running, /Done/);
  const next = await world.generate({ prompt: PROMPT }, 'member2');
  await world.whenCard(next, /Done/);
});

test('a provider that is off is named, with those that are on', async (context) => {
  const world = await World.start(context, { env: { REPLICATE_API_TOKEN: '' } });
  const outcome = await world.command({ prompt: PROMPT, provider: 'replicate' });
  assert.ok(outcome.status === 'answered' && outcome.messageId !== null);
  assert.match(textOf(world.message(outcome.messageId).message), /gemini or local/);
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Done/);
});

test('prompts that try to break the card or to ping people do neither', async () => {
  const world = await share();
  const hostile = [
    `@everyone <@${world.userId('member2')}> hello`,
    '# big\n```js\nevil()\n``` **bold** [link](https://example.com) ||spoiler||',
    'م'.repeat(500) + ' \u202Eevil\u202C ' + '🎨👩‍👩‍👧‍👦'.repeat(150),
    'x'.repeat(4_000),
  ];
  for (const prompt of hostile) {
    const card = await world.generate({ prompt, provider: 'local' });
    await world.whenCard(card, /Done/);
    const { message } = world.message(card);
    assert.deepEqual(message.mentions, []);
    assert.equal(message.mention_everyone, false);
  }
  const refusedByDiscord = world.requests().filter(({ error }) => error !== null && error.code === 50035);
  assert.deepEqual(refusedByDiscord, []);
});

test('no token, key or prompt is in the log', async (context) => {
  const world = await World.start(context, { env: { MAX_RETRIES: '1', LOG_LEVEL: 'debug' } });
  world.sandbox.replicate.addFault({ on: 'create', kind: 'http-401' });
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Failed/);
  const all = world.bot.lines.join('\n');
  assert.doesNotMatch(all, new RegExp(PROMPT));
  for (const secret of [world.sandbox.discord.token, world.sandbox.replicate.token]) assert.ok(!all.includes(secret));
  assert.doesNotMatch(all, /^\s+at /m, 'no stack');
});

test('every move is logged with the named fields', async () => {
  const world = await share();
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'nsfw' });
  const card = await world.generate({ prompt: PROMPT, aspect_ratio: '16:9' });
  await world.whenCard(card, /Done/);
  assert.deepEqual(world.moves(), [
    'null>queued',
    'queued>starting',
    'starting>running',
    'running>waiting',
    'waiting>starting',
    'starting>running',
    'running>collecting',
    'collecting>done',
  ]);
  for (const line of world.logs().filter((entry) => 'to' in entry)) {
    for (const field of [
      'jobId',
      'item',
      'from',
      'to',
      'attempt',
      'retryCount',
      'provider',
      'model',
      'input',
      'durationMs',
    ]) {
      assert.ok(field in line, `${field} in ${JSON.stringify(line)}`);
    }
  }
  const retry = world.logs().find((line) => line['to'] === 'waiting');
  assert.equal(retry?.['errorCode'], 'CONTENT_BLOCKED');
  assert.equal(typeof retry?.['delayMs'], 'number');
  assert.match(String(retry?.['promptHash']), /^[0-9a-f]{16}$/);
});
