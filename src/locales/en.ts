/**
 * Every sentence a user reads, in English. Another language is another file of the same shape, named in
 * `locale.ts`; the compiler asks for every key.
 */
import type { ErrorCode, FailureReason, Kind } from '../jobs/job.ts';

type Details = Readonly<Record<string, string>>;

const failures: Record<FailureReason, (details: Details) => string> = {
  'attempt-timeout': () => 'The picture took longer than it may. Try again, or make a local preview.',
  'provider-queue-timeout': () => 'The service kept the request in its queue for too long. Try again in a few minutes.',
  'job-too-old': () => 'The request waited longer than it may. Try again.',
  network: () => 'The service could not be reached. Try again in a moment.',
  'provider-error': () => 'The service had trouble of its own. Try again in a moment.',
  'provider-bug': () => 'The service answered something that makes no sense. Try again, or choose another model.',
  'out-of-memory': () => 'The model ran out of memory. Try another aspect ratio or another model.',
  'rate-limit': () => 'The service asks for fewer requests right now. Try again in a few minutes.',
  'model-unknown': ({ model }) =>
    `There is no model ${model === undefined ? 'of that name' : `\`${model}\``} that can be used. Check its spelling (owner/name), or leave \`model\` empty.`,
  'input-refused': ({ fields }) =>
    `The model does not accept this request${fields === undefined || fields === '' ? '' : `: \`${fields}\``}. Change it and try again.`,
  'provider-off': () => 'The service this was meant for is switched off now. Choose another one.',
  'output-blocked': () => "The service's safety filter held the picture back. Another wording may pass.",
  'prompt-blocked': () => "The service's safety filter does not accept this prompt. Change it and try again.",
  'key-refused': () => "The service refused this bot's key. The bot's owner has to look at it; a local preview works.",
  'no-credit': () =>
    "This bot's account at the service is used up for now. The bot's owner has to look at it; a local preview works.",
  'no-output': () => 'The service finished and gave no picture. Try again.',
  'file-gone': () => 'The picture was made, but the service no longer has its file. Try again.',
  'file-refused': () => 'What the service gave is not a picture. Try again, or choose another model.',
  'file-too-large': () => 'The file the service made is too large to fetch. Try another aspect ratio or model.',
  internal: () => 'Something went wrong inside the bot. It has been noted; try again.',
  'crashed-alone': () =>
    'The bot broke down while it worked on this request. It has been noted; try a different request.',
  'cancelled-by-user': () => 'Cancelled.',
  'cancelled-undelivered': () => 'The request never reached the channel, so it was not made.',
};

const kinds: Record<Kind, string> = { image: 'pictures', video: 'videos' };
/** By name; a name without one is shown as it is. */
const providers: Readonly<Record<string, string>> = {
  replicate: 'Replicate',
  gemini: 'Gemini',
  local: 'Local preview',
};

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

export const en = {
  status: {
    queued: 'Queued',
    generating: 'Generating',
    retrying: 'Retrying',
    done: 'Done',
    partial: 'Partly done',
    failed: 'Failed',
    cancelled: 'Cancelled',
  },
  buttons: {
    cancel: 'Cancel',
    retry: 'Retry',
    retryWith: (provider: string) => `Retry: ${provider}`,
    fallback: (provider: string) => `Fallback: ${provider}`,
    again: 'Again',
    download: 'Download',
    refresh: 'Refresh',
  },
  providers,
  failures,
  card: {
    position: (position: number) => (position === 1 ? 'Next in line' : `Number ${position} in line`),
    inLine: 'In line',
    since: (seconds: number) => `Started <t:${seconds}:R>`,
    percent: (percent: number) => `${percent}%`,
    fetching: 'Fetching the picture',
    cancelling: 'Cancelling…',
    attempt: (attempt: number, attempts: number) => `attempt ${attempt}/${attempts}`,
    reason: (code: ErrorCode) => `[${code}]`,
    at: (seconds: number) => `<t:${seconds}:R>`,
    variation: (variation: number) => `prompt variation ${variation}`,
    retries: (used: number, most: number) => `Retries: ${used}/${most}`,
    took: (seconds: string) => `Took ${seconds} s`,
    seed: (seed: number) => `seed ${seed}`,
    localPreview: 'A preview painted on this machine, not by an image service.',
    fellBackFrom: (provider: string) => `Fell back from ${provider}.`,
    of: (done: number, all: number) => `${done} of ${all}`,
    tooLargeToShow: (megabytes: string) => `The file is ${megabytes} MB, more than Discord takes here. It is kept.`,
    withoutPicture: 'Discord did not take the picture here. It is kept: press Download.',
    updatesEnd: (seconds: number) => `Live updates end <t:${seconds}:R>; Refresh brings them back.`,
    altText: (prompt: string) => `Image of: ${prompt}`,
    job: (id: string) => `Job \`${id}\``,
  },
  download: {
    here: (files: number) => (files === 1 ? 'Here is the original.' : `Here are the ${files} originals.`),
    nothing: 'This job has no file to download.',
    tooLarge: 'The original is larger than Discord takes here. The picture on the card can still be saved from there.',
    unreadable: "The original is no longer on the bot's disk. The picture on the card can still be saved from there.",
    failed: 'The file did not get through to Discord. Press Download once more, or save the picture from the card.',
  },
  refusals: {
    promptEmpty: 'The prompt is empty. Say what the picture should show.',
    promptTooLong: (length: number) => `The prompt has ${length} characters; at most 4000 fit. Shorten it.`,
    providerOff: (name: string, on: readonly string[]) =>
      `The provider ${name} is not set up on this bot. Choose ${on.join(' or ')}.`,
    providerCannot: (name: string, kind: Kind) => `The provider ${name} makes no ${kinds[kind]}.`,
    missingPermissions: (names: readonly string[]) =>
      `I cannot keep a card in this channel: I lack ${names.join(', ')}. Ask a moderator to allow it, or use another channel.`,
    userLimit: ({ open, runningLimit, waitingLimit }: { open: number; runningLimit: number; waitingLimit: number }) =>
      `You have ${count(open, 'picture', 'pictures')} under way; at most ${runningLimit} can run and ${waitingLimit} wait. Ask again when one is done, or cancel one.`,
    storeFailing:
      'I cannot save requests right now, so nothing was started and nothing was charged. Try again in a moment.',
    cardRefused: 'Discord did not take the card, so nothing was started and nothing was charged. Try again.',
    unknownButton: 'This button belongs to another version of the bot. Ask anew with /generate.',
    unknownJob: 'I do not know this job. It may have been removed; ask anew with /generate.',
    notYours: 'Only the one who asked for this picture, or a moderator, can do that.',
    restarting: 'I am restarting. Try again in a minute; what is under way goes on by itself.',
    unknownCommand: 'I do not know this command any more. Reload Discord and try again.',
    internal: 'Something went wrong inside the bot. It has been noted; try again.',
  },
  commands: {
    generate: {
      description: 'Make a picture from a description',
      prompt: 'What the picture should show',
      provider: 'Who makes it; local is a free preview',
      model: 'A model of the provider, as owner/name',
      aspectRatio: 'Width to height',
      negativePrompt: 'What should not be in the picture',
      seed: 'The same seed and prompt give the same picture, where the model can',
      private: 'Only you see it',
    },
  },
};
