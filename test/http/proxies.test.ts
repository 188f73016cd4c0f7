import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSender, isForwarded } from '../../src/http/proxies.ts';
import { SenderLimit } from '../../src/http/sender-limit.ts';
import { HandClock } from './http-setup.ts';

test('every common proxy and tunnel is known by what it adds', () => {
  const added = [
    'x-forwarded-for',
    'x-forwarded-proto',
    'forwarded',
    'via',
    'x-real-ip',
    'cf-connecting-ip',
    'cf-ray',
    'true-client-ip',
    'fly-client-ip',
    'x-amzn-trace-id',
    'x-envoy-external-address',
    'cdn-loop',
  ];
  for (const name of added) assert.equal(isForwarded({ host: ['127.0.0.1:8080'], [name]: ['x'] }, null), true, name);
  const ofProbe = {
    host: ['127.0.0.1:8080'],
    'user-agent': ['kube-probe/1.30'],
    accept: ['*/*'],
    connection: ['close'],
  };
  assert.equal(isForwarded(ofProbe, 'https://bot.example'), false);
});

test('a proxy that adds nothing is known by the public name it was asked for', () => {
  assert.equal(isForwarded({ host: ['Bot.Example:443'] }, 'https://bot.example/darkroom'), true);
  assert.equal(isForwarded({ host: ['127.0.0.1:8080'] }, 'http://127.0.0.1:8080'), false);
});

test('a sender is known by its own address, or by what our own proxy says of it', () => {
  const senders: [peer: string | undefined, forwarded: string[], sender: string | null][] = [
    ['203.0.113.7', [], '203.0.113.7'],
    ['::ffff:203.0.113.7', [], '203.0.113.7'],
    // A stranger's claim about itself.
    ['203.0.113.7', ['198.51.100.1'], '203.0.113.7'],
    ['127.0.0.1', ['198.51.100.1, 203.0.113.7'], '203.0.113.7'],
    ['10.1.2.3', ['198.51.100.1', '203.0.113.7'], '203.0.113.7'],
    ['fd00::1', ['2001:db8::1'], '2001:db8::1'],
    ['127.0.0.1', [], null],
    ['127.0.0.1', ['unknown'], null],
    ['127.0.0.1', ['192.168.0.4'], null],
    [undefined, [], null],
  ];
  for (const [peer, forwarded, sender] of senders) assert.equal(findSender(peer, forwarded), sender, `${peer}`);
});

function createLimit(clock: HandClock): SenderLimit {
  return new SenderLimit({ clock, burst: 3, perSecond: 1, mostSenders: 2 });
}

test('a sender that was refused too often is let in again as time passes', async () => {
  const clock = new HandClock();
  const limit = createLimit(clock);
  for (let times = 0; times < 5; times += 1) limit.take('203.0.113.7');
  assert.equal(limit.isSpent('203.0.113.7'), true);
  assert.equal(limit.isSpent('203.0.113.8'), false);
  await clock.advance(1_000);
  assert.equal(limit.isSpent('203.0.113.7'), false);
  limit.take('203.0.113.7');
  assert.equal(limit.isSpent('203.0.113.7'), true);
});

test('all addresses of one IPv6 network are one sender, and those of the next are another', () => {
  const limit = createLimit(new HandClock());
  for (const address of ['2001:db8:1::1', '2001:db8:1::2', '2001:db8:1:0:a:b:c:d']) limit.take(address);
  assert.equal(limit.isSpent('2001:db8:1:0:ffff:ffff:ffff:ffff'), true);
  assert.equal(limit.isSpent('2001:db8:1:1::1'), false);
});

test('however many senders there are, few are remembered', () => {
  const limit = createLimit(new HandClock());
  for (const sender of ['203.0.113.1', '203.0.113.1', '203.0.113.1', '203.0.113.2', '203.0.113.3']) limit.take(sender);
  assert.equal(limit.isSpent('203.0.113.1'), false, 'the oldest was forgotten');
});
