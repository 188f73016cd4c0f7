/** A job as a member's `/generate` makes it, with what a test wants to be different. */
import { createJob, type Job, type NewJob } from '../../src/jobs/job.ts';

let count = 0;

export function newJob({
  input,
  ...change
}: Partial<Omit<NewJob, 'input'>> & { input?: Partial<NewJob['input']> } = {}): Job {
  count += 1;
  return createJob({
    id: `job${count}`,
    input: {
      command: 'generate',
      kind: 'image',
      provider: 'scripted',
      model: null,
      prompt: 'a beautiful sunset over mountains',
      negativePrompt: null,
      aspectRatio: null,
      seed: null,
      settings: {},
      durationSeconds: null,
      product: null,
      itemPrompts: {},
      ...input,
    },
    references: [],
    itemNames: ['image'],
    carried: [],
    guildId: 'g',
    channelId: 'c',
    userId: 'u',
    private: false,
    locale: 'en-US',
    createdAt: Date.now(),
    maxRetries: 3,
    retryOf: null,
    fallbackFrom: null,
    attachmentSizeLimit: 10 * 1024 * 1024,
    origin: {
      interactionId: `i${count}`,
      applicationId: 'a',
      token: 't',
      tokenExpiresAt: Date.now() + 900_000,
      cardMessageId: null,
    },
    ...change,
  });
}
