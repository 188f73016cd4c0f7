/** Jobs, cards and folders for the store's tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Card } from '../../src/discord/card.ts';
import { createJob, failure, moveTo, type Job } from '../../src/jobs/job.ts';

export const NOW = 1_800_000_000_000;

/** A folder that is removed when the test ends. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-store-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function storeUrl(folder: string): string {
  return `sqlite://${join(folder, 'darkroom.sqlite')}`;
}

/** For a job store whose jobs have no files. */
export async function noFiles(): Promise<void> {}

export function sampleJob(id: string, prompt = 'a beautiful sunset over mountains', createdAt = NOW): Job {
  return createJob({
    id,
    input: {
      command: 'generate',
      kind: 'image',
      provider: 'replicate',
      model: null,
      prompt,
      negativePrompt: null,
      aspectRatio: '16:9',
      seed: null,
      settings: {},
      durationSeconds: null,
      product: null,
      itemPrompts: {},
    },
    references: [],
    itemNames: ['image'],
    carried: [],
    guildId: '100',
    channelId: '200',
    userId: '300',
    private: false,
    locale: 'en-US',
    createdAt,
    maxRetries: 3,
    retryOf: null,
    fallbackFrom: null,
    attachmentSizeLimit: 10 * 1024 * 1024,
    origin: {
      interactionId: '400',
      applicationId: '500',
      token: 'token',
      tokenExpiresAt: NOW + 900_000,
      cardMessageId: null,
    },
  });
}

export function runningJob(job: Job): Job {
  const starting = moveTo(job, { item: 'image', to: { state: 'starting' }, now: NOW }, () => '');
  const operation = { provider: 'replicate', id: 'prediction-1', data: { url: 'https://example.com' } };
  return moveTo(starting, { item: 'image', to: { state: 'running', operation, begunAt: null }, now: NOW }, () => '');
}

export function failedJob(job: Job): Job {
  const cause = failure('network', 'retry', { providerStatus: 'HTTP 503', details: { field: 'prompt' } });
  const to = { state: 'failed', failure: cause, causeCode: 'NETWORK_ERROR' } as const;
  return moveTo(job, { item: 'image', to, now: NOW + 1 }, () => 'The network failed.');
}

/** A final job of a server (null: in private messages) and a user. */
export function endedJob(
  id: string,
  { finishedAt = NOW, ...more }: Partial<Pick<Job, 'guildId' | 'userId' | 'private' | 'finishedAt'>> = {},
): Job {
  return { ...failedJob(sampleJob(id)), finishedAt, ...more };
}

export function sampleCard(messageId: string, currentJobId = 'job-1'): Card {
  return {
    v: 3,
    messageId,
    channelId: '200',
    guildId: '100',
    currentJobId,
    shownRevision: 1,
    private: false,
    locale: 'en-US',
    applicationId: '500',
    token: 'token',
    tokenExpiresAt: NOW + 900_000,
    postingSince: null,
    again: null,
    closed: null,
  };
}
