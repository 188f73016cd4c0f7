/**
 * Every sentence a user reads, in English. Another language is another file of the same shape, named in
 * `locale.ts`; the compiler asks for every key.
 */
import type { ErrorCode, FailureReason, JobState, Kind } from '../jobs/job.ts';

type Details = Readonly<Record<string, string>>;

/** By name; a name without one is shown as it is. */
const providers: Readonly<Record<string, string>> = {
  replicate: 'Replicate',
  gemini: 'Gemini',
  local: 'Local preview',
};

/** Why a service is left alone, by the reason of the failure that said so. */
const refusedAccounts: Readonly<Record<string, string>> = {
  'key-refused': "it refused this bot's key",
  'no-credit': "this bot's account there is used up",
  'no-quota': "this bot's plan there has nothing of this model in it",
  'daily-quota': "this bot's plan there is used up for today",
};

/** What a kind's output is called; failures name theirs by the detail `kind`, a picture where there is none. */
const things: Record<Kind, string> = { image: 'picture', video: 'video' };

function thing(kind: string | undefined): string {
  return kind === 'video' ? things.video : things.image;
}

/** Which button gets on: `retry` is its label, and empty where no button of a card is near. */
function pressRetry({ retry = 'Retry' }: Details, more = ''): string {
  return retry === '' ? '' : ` Press ${retry}${more}.`;
}

function pressEdit({ retry }: Details, more: string): string {
  return retry === '' ? '' : ` Press Edit prompt${more}.`;
}

/** A service's own words, where there are any. */
function inCode(words = ''): string {
  return words === '' ? '' : `: \`${words}\``;
}

/** What happened, and how to get on. */
const failures: Record<FailureReason, (details: Details) => string> = {
  'attempt-timeout': (on) => `It took too long.${pressRetry(on)}`,
  'provider-queue-timeout': (on) =>
    `The service kept the request in its queue for too long.${pressRetry(on, ' in a few minutes')}`,
  'job-too-old': (on) => `The request waited too long.${pressRetry(on)}`,
  network: (on) => `The service could not be reached.${pressRetry(on, ' in a moment')}`,
  'answer-lost': (on) =>
    `The answer of the service was lost on the way, and it cannot be asked for it again.${pressRetry(on, ' in a moment')}`,
  'provider-error': (on) => `The service had trouble of its own.${pressRetry(on, ' in a moment')}`,
  'provider-bug': (on) =>
    `The service answered something that makes no sense.${pressRetry(on, ', or choose another model')}`,
  'out-of-memory': () => 'The model ran out of memory. Try another aspect ratio or another model.',
  'rate-limit': (on) => `The service asks for fewer requests right now.${pressRetry(on, ' in a few minutes')}`,
  'breaker-open': ({ provider, reason }) =>
    `${providers[provider ?? ''] ?? 'The service'} is not asked just now: ${refusedAccounts[reason ?? ''] ?? "it refused this bot's account"}. Only the bot's owner can mend that. Choose another service.`,
  'disk-full': ({ kind }) =>
    `The bot has too little room on its disk to keep another ${thing(kind)}, and only its owner can mend that.`,
  'model-unknown': ({ model }) =>
    `There is no model ${model === undefined ? 'of that name' : `\`${model}\``} that can be used. Check its spelling, choose one of /models list, or leave \`model\` empty.`,
  'model-retired': ({ model }) =>
    `The service no longer offers ${model === undefined ? 'this model' : `\`${model}\``}. Choose another \`model\`.`,
  'setting-refused': refuseSetting,
  'image-needed': ({ model }) =>
    `${model === undefined ? 'This model' : `The model \`${model}\``} starts from a picture: add \`image\`, or choose another \`model\`.`,
  'image-not-taken': ({ model, instead }) =>
    `${model === undefined ? 'This model' : `The model \`${model}\``} takes no picture to start from. Choose ${instead === undefined ? 'another `model`' : `a \`model\` that does, such as \`${instead}\``}, or leave the picture out.`,
  'reference-refused': ({ why, name }) => refuseReference(why, name),
  'reference-unreachable': ({ name }) =>
    `The picture ${name === undefined || name === '' ? 'to start from' : `\`${name}\``} could not be fetched from Discord. Attach it anew.`,
  'reference-lost': () => "The picture to start from is gone from the bot's disk. Ask anew with it attached.",
  'input-refused': ({ fields }) => `The model does not accept this request${inCode(fields)}. Ask anew and change that.`,
  'provider-off': () => 'The service this was meant for is switched off now. Choose another one.',
  'output-blocked': (on) =>
    `The service's safety filter held the ${thing(on.kind)} back.${pressEdit(on, ': another wording may pass')}`,
  'output-copied': (on) =>
    `The ${thing(on.kind)} came out too close to an existing work, so the service held it back.${pressEdit(on, ' and ask for something of its own')}`,
  'prompt-blocked': (on) =>
    `The service's safety filter does not accept this prompt.${pressEdit(on, ' and change it')}`,
  'key-refused': () => "The service refused this bot's key, and only the bot's owner can mend that.",
  'no-credit': () => "This bot's account at the service is used up, and only the bot's owner can mend that.",
  'no-quota': ({ kind }) =>
    `This bot's plan at the service has no ${thing(kind)}s of this model in it, and only the bot's owner can mend that.`,
  'daily-quota': () =>
    "This bot's plan at the service is used up for today. Try again tomorrow, or choose another service.",
  'words-only': (on) =>
    `The service answered with words instead of a ${thing(on.kind)}${inCode(on['words'])}.${pressRetry(on, `, or ask for a ${thing(on.kind)} more plainly`)}`,
  'no-output': (on) => `The service finished and gave no ${thing(on.kind)}.${pressRetry(on)}`,
  'file-gone': (on) => `The ${thing(on.kind)} was made, but the service no longer has its file.${pressRetry(on)}`,
  'file-unreachable': (on) =>
    `The ${thing(on.kind)} was made, but its file could not be fetched from the service.${pressRetry(on, ' to have it made again')}`,
  'file-refused': (on) =>
    `What the service gave could not be taken as a ${thing(on.kind)}.${pressRetry(on, ', or choose another model')}`,
  'file-too-large': () => 'The file the service made is too large to fetch. Try another aspect ratio or model.',
  internal: (on) => `Something went wrong inside the bot. It has been noted.${pressRetry(on)}`,
  'crashed-alone': () =>
    'The bot broke down while it worked on this request. It has been noted; try a different request.',
  'cancelled-by-user': () => 'Cancelled.',
  'cancelled-undelivered': () => 'The request never reached the channel, so it was not made.',
};

/** One of the details says why: see `readSettings` of the provider. */
function refuseSetting({ field, got, allowed, option, fixed, nearest }: Details): string {
  const name = field === undefined ? 'in `settings`' : `\`${field}\``;
  if (fixed !== undefined) return `The setting ${name} cannot be changed here. Leave it out.`;
  if (option !== undefined) return `The setting ${name} has an option of its own: use \`${option}:\` for it.`;
  if (nearest !== undefined) {
    const meant = nearest === '' ? '' : ` Did you mean ${nearest}?`;
    return `This model has no input ${name}.${meant} All of them are in /models inputs.`;
  }
  const value = got === undefined ? 'this' : got === '' ? 'empty' : `\`${got}\``;
  const expected = allowed === undefined || allowed === '' ? '' : `; expected ${allowed}`;
  return `The setting ${name} cannot be ${value}${expected}. Nothing was made or paid.`;
}

/** `why` is one of these keys: see `preparePicture`. */
const referenceFaults: Readonly<Record<string, string>> = {
  empty: 'it is empty',
  'not-a-picture': 'it is no picture of a kind the bot reads (PNG, JPEG, WebP, GIF or AVIF)',
  broken: 'it is broken or cut off',
  'too-many-bytes': 'it is larger than 20 MB',
  'too-many-pixels': 'it has more than 50 million pixels',
  'too-narrow': 'it is too small or too narrow to start from',
  'too-slow': 'it takes too long to read',
};

function refuseReference(why: string | undefined, name: string | undefined): string {
  const file = name === undefined || name === '' ? 'The picture' : `\`${name}\``;
  const fault = referenceFaults[why ?? ''];
  return `${file} cannot be used${fault === undefined ? '' : `: ${fault}`}. Nothing was made or paid; attach another one.`;
}

/** Why another attempt is made, without advice: nothing has to be done. */
const causes: Record<ErrorCode, (kind: Kind) => string> = {
  TIMEOUT: () => 'It took too long.',
  NETWORK_ERROR: () => 'The service could not be reached.',
  API_ERROR: () => 'The service had trouble.',
  RATE_LIMIT: () => 'The service is busy.',
  VALIDATION_ERROR: () => 'The service did not accept it.',
  MAX_RETRIES_EXCEEDED: () => 'It did not work.',
  CONTENT_BLOCKED: (kind) => `A safety filter held the ${things[kind]} back.`,
  AUTH_ERROR: () => "The service refused this bot's key.",
  QUOTA_EXCEEDED: () => "This bot's account is used up.",
  NO_OUTPUT: (kind) => `The service gave no ${things[kind]}.`,
  CANCELLED: () => 'It was cancelled.',
};

const kinds: Record<Kind, string> = { image: 'pictures', video: 'videos' };
const states: Record<JobState, string> = {
  queued: 'Queued',
  running: 'Running',
  done: 'Done',
  partial: 'Partly done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const settingsProblems = {
  'no-equals': (got: string) => `\`${got}\` has no \`=\`.`,
  'no-key': (got: string) => `\`${got}\` has no name before its \`=\`.`,
  double: (got: string) => `\`${got}\` is set twice.`,
  'open-quote': (got: string) => `the quote in \`${got}\` is not closed.`,
  'too-many': (got: string) => `there are too many of them, from \`${got}\` on.`,
};

type ShownAs = 'smaller' | 'poster' | 'words';

interface FileCount {
  files: number;
  /** Those of the job. */
  all: number;
  kind: Kind;
}

const insteads: Record<ShownAs, string> = {
  smaller: '; shown smaller',
  poster: '; the picture it starts from is shown',
  words: '',
};

/** By name, for those of a listing; others are numbered. */
const itemNames: Readonly<Record<string, string>> = {
  main: 'Main',
  infographic_1: 'Infographic 1',
  infographic_2: 'Infographic 2',
  lifestyle: 'Lifestyle',
  comparison: 'Comparison',
};

/** As the forms and the options of the commands call them. */
const productFields: Readonly<Record<string, string>> = {
  title: 'The title',
  feature_1: 'The first feature',
  feature_2: 'The second feature',
  feature_3: 'The third feature',
  audience: 'The audience',
  keywords: 'The list of keywords',
};

const HOW_TO_WRITE_KEYWORDS = 'Write `word, word:intent, word:intent+intent`.';

/** Of what was typed about a product; `got` is inert and short. */
const productProblems = {
  empty: ({ field }: ProductFault) => `${productFields[field] ?? field} is empty. Say it in a few words.`,
  'too-long': ({ field, got, most }: ProductFault) =>
    `${productFields[field] ?? field} has ${got} characters; at most ${most} fit. Shorten it.`,
  'too-long-together': ({ got }: ProductFault) =>
    `The product's words are ${got} characters too long together. Shorten the title, a feature or the audience.`,
  'no-word': ({ got }: ProductFault) =>
    `The \`keywords\` have no word before the colon of \`${got}\`. ${HOW_TO_WRITE_KEYWORDS}`,
  'two-colons': ({ got }: ProductFault) =>
    `The \`keywords\` have two colons in \`${got}\`; one stands between a word and its intents. ${HOW_TO_WRITE_KEYWORDS}`,
  'too-many-keywords': ({ got, most }: ProductFault) =>
    `There are more than ${most} \`keywords\`, from \`${got}\` on. Keep the ${most} that matter most.`,
  'too-many-intents': ({ got, most }: ProductFault) =>
    `The keyword \`${got}\` has more than ${most} intents. Keep the ${most} that matter most.`,
  'long-keyword': ({ got, most }: ProductFault) =>
    `The keyword \`${got}\` has more than ${most} characters. Commas stand between keywords: ${HOW_TO_WRITE_KEYWORDS}`,
  'long-intent': ({ got, most }: ProductFault) =>
    `The intent \`${got}\` has more than ${most} characters. A plus stands between intents: ${HOW_TO_WRITE_KEYWORDS}`,
};

interface ProductFault {
  field: string;
  got: string;
  most: number;
}

/** `a`, `a and b`, `a, b and c`. */
function listAll(names: readonly string[]): string {
  return LISTS.format(names);
}

const LISTS = new Intl.ListFormat('en-GB', { type: 'conjunction' });

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function areOrIs(number: number): string {
  return number === 1 ? 'is' : 'are';
}

/** 2nd, 3rd, 11th. */
function ordinal(number: number): string {
  const endings: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };
  return `${number}${endings[ORDINALS.select(number)] ?? 'th'}`;
}

/** In a choice, where Discord draws no timestamp. Days are UTC. */
const DAYS = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });
const ORDINALS = new Intl.PluralRules('en', { type: 'ordinal' });

/** What was made, or was to be. */
interface Made {
  kind: Kind;
  count: number;
  /** Of items among others; empty: all there is. */
  names: readonly string[];
}

function describeMade({ count: made, names }: Made): string {
  if (names.length > 0) return listAll(names);
  return made === 1 ? 'it' : 'them';
}

/** In sentences like "aspect ratio 16:9 instead of 21:9". */
const changedFields: Readonly<Record<string, string>> = {
  aspect_ratio: 'aspect ratio',
  image: 'pictures to start from',
  negative_prompt: 'negative prompt',
};

const changedUnits: Readonly<Record<string, string>> = { duration: '\u00a0s' };

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
    retryFailed: 'Retry failed',
    animate: 'Animate',
    download: 'Download',
    refresh: 'Refresh',
    edit: 'Edit prompt',
    details: 'Details',
    delete: 'Delete',
    deleteNow: 'Delete for good',
    keep: 'Keep',
    open: 'Open the picture',
  },
  /** Of a job as a whole, in lists and details. */
  states,
  providers,
  failures,
  causes,
  card: {
    position: (position: number) => (position === 1 ? 'next in line' : `number ${position} in line`),
    since: (seconds: number) => `Started <t:${seconds}:R>`,
    percent: (percent: number) => `${percent}%`,
    fetching: (kind: Kind) => `Fetching the ${things[kind]}`,
    cancelling: 'Cancelling…',
    attempt: (attempt: number, attempts: number) => `attempt ${attempt}/${attempts}`,
    reason: (code: ErrorCode) => `[${code}]`,
    at: (seconds: number) => `<t:${seconds}:R>`,
    nextTry: (seconds: number) => `Next try <t:${seconds}:R>.`,
    nextTryChanged: (seconds: number) => `Next try <t:${seconds}:R>, with a slightly changed prompt.`,
    variation: (variation: number) => `prompt variation ${variation}`,
    retries: (used: number, most: number) => `Retries: ${used}/${most}`,
    noRetries: (most: number) => `Retries: 0/${most}, none would help`,
    // A no-break space keeps what belongs together on one line of a phone.
    took: (seconds: string) => `${seconds}\u00a0s`,
    seed: (seed: number) => `seed\u00a0${seed}`,
    askedBy: (userId: string) => `for <@${userId}>`,
    previewInstead: (provider: string, made: Made) =>
      `${provider} could not make ${describeMade(made)}, so the bot painted ${made.count === 1 ? 'a preview' : 'previews'} instead.`,
    fellBackFrom: (provider: string, made: Made) => `${provider} could not make ${describeMade(made)}.`,
    previewHelps: 'For a free preview, press Fallback: local.',
    answerLost: 'The answer of the service was lost.',
    heldByTrouble: (provider: string, seconds: number) =>
      `${provider} has trouble and is asked again <t:${seconds}:R>. The place in line is kept.`,
    heldByPause: (provider: string, seconds: number) =>
      `${provider} asks for a pause and is asked again <t:${seconds}:R>. The place in line is kept.`,
    heldByDisk: 'The bot has no room on its disk for anything more. It goes on when there is room again.',
    stopped: (kind: Kind) => `Stopped before a ${things[kind]} was made.`,
    stoppedBy: (userId: string, kind: Kind) => `Stopped by <@${userId}> before a ${things[kind]} was made.`,
    copying: 'Copying the picture you gave. It begins when it is there.',
    copyingOwn: 'Copying the picture it starts from. It begins when it is there.',
    fromGiven: ({ pictures, isFirstFrame }: { pictures: number; isFirstFrame: boolean }) =>
      `from ${isFirstFrame ? 'the first frame of ' : ''}${count(pictures, 'picture', 'pictures').replace(/^1 /, 'a ')} you gave`,
    fromJob: (id: string) => `from job\u00a0\`${id}\``,
    sentOtherwise: (changes: readonly string[]) => `The model does not take all as asked: ${changes.join(', ')}.`,
    /** As people call what is sent; by its own name where there is none. */
    fields: changedFields,
    units: changedUnits,
    madeWith: (model: string) => `Made with ${model}, which takes pictures to start from.`,
    changedTo: (field: string, from: string, to: string) => `${field} ${to} instead of ${from}`,
    leftOut: (field: string, from: string) => `${field} ${from} is left out`,
    of: (done: number, all: number) => `${done} of ${all}`,
    withoutPicture: (kind: Kind) => `Discord did not take the ${things[kind]} here. It is kept: press Download.`,
    updatesEnd: (seconds: number) => `Live updates end at <t:${seconds}:t>, then press Refresh.`,
    previewOf: (prompt: string) => `Painted preview of: ${prompt}`,
    job: (id: string) => `Job\u00a0\`${id}\``,
  },
  /** What of a job's files its card cannot show as they are. */
  files: {
    lessened: {
      smaller: ({ files, all }: FileCount) =>
        all === 1
          ? 'Shown smaller; Download has the original.'
          : `${files} of ${all} ${areOrIs(files)} shown smaller; Download has the originals.`,
      poster: ({ kind }: FileCount) => `The picture it starts from is shown; Download has the ${things[kind]}.`,
      words: ({ files, all, kind }: FileCount) =>
        all === 1
          ? `The ${things[kind]} cannot be shown here; Download has it.`
          : `${files} of ${all} cannot be shown here; Download has ${files === 1 ? 'it' : 'them'}.`,
    },
    tooLarge: ({ files, all, kind, megabytes, shownAs }: FileCount & { megabytes: string; shownAs: ShownAs }) => {
      const some = files === all ? `All ${all} originals are` : `${files} of ${all} originals ${areOrIs(files)}`;
      const what = all === 1 ? `The ${things[kind]} is ${megabytes}\u00a0MB,` : some;
      return `${what} larger than Discord takes${insteads[shownAs]}.`;
    },
    linked: (links: readonly string[], seconds: number) =>
      `${links.join(' · ')}; ${links.length === 1 ? 'the link ends' : 'the links end'} <t:${seconds}:R>, and Download gives a new one.`,
    open: 'Open the original',
    kept: "It is kept: ask the bot's owner for it.",
    /** To whoever opens an address that the bot gave out. */
    linkExpired: 'This link has ended. Press Download on the card for a new one.',
    linkRemoved: 'This file was removed from the bot.',
    posterOf: (prompt: string) => `The picture the video starts from: ${prompt}`,
  },
  download: {
    here: (files: number) => (files === 1 ? 'Here is the original.' : `Here are the ${files} originals.`),
    someOf: (files: number, all: number) => `Here are ${files} of ${all} originals.`,
    archive: (isBesides: boolean) => (isBesides ? 'All of them are in the zip, too.' : 'All of them in one zip.'),
    nothing: 'This job has no file to download.',
    tooLarge: (files: number) =>
      `${files === 1 ? 'The original is' : `${files} originals are`} larger than Discord takes here.`,
    linked: (files: number, seconds: number) =>
      `${files === 1 ? 'The original is' : `${files} originals are`} larger than Discord takes here. ${files === 1 ? 'This link to it ends' : 'These links to them end'} <t:${seconds}:R>:`,
    link: ({ name, url, megabytes }: { name: string; url: string; megabytes: string }) =>
      `[${name}](<${url}>), ${megabytes}\u00a0MB`,
    unreadable: (files: number) =>
      `${files === 1 ? "The original cannot be read from the bot's disk any more" : `${files} originals cannot be read from the bot's disk any more`}.`,
    refused: 'Discord refused the file here.',
    failed: 'The file did not get through to Discord. Press Download once more in a minute.',
    /** What else works. */
    onCard: 'What the card shows can still be saved from there.',
    elsewhere: "It is kept: ask the bot's owner for it.",
    askOwner: "Ask the bot's owner for it, or press Again for a new one.",
  },
  /** The end of a job that no message could show. */
  undelivered: {
    title: (jobs: number) =>
      jobs === 1 ? 'Something of yours could not be posted' : 'Some of yours could not be posted',
    done: (channelId: string) => `What you asked for could not be posted in <#${channelId}>: press Download.`,
    donePrivate: 'What you asked for in private was ready when its card could be changed no more: press Download.',
    failed: (channelId: string) =>
      `What you asked for in <#${channelId}> could not be made, and its card could not say so: press Details.`,
    more: (jobs: number) =>
      `-# ${count(jobs, 'more', 'more')} of yours wait; you will be told after your next command.`,
  },
  /** To the bot's owner, in their channel. */
  owner: {
    keyRefused: (provider: string) =>
      `${provider} refused this bot's key, so nothing is made there. Put a new key into the settings and restart the bot.`,
    noCredit: (provider: string) =>
      `This bot's account at ${provider} is used up, so nothing is made there. Add credit at ${provider}; no restart is needed.`,
    lowCredit: (provider: string) =>
      `${provider} says this bot's account has little credit left. Add some before it ends.`,
    noQuota: (provider: string) =>
      `This bot's plan at ${provider} has nothing of its configured model in it. Take a plan that has it, or name another model in the settings.`,
    dailyQuota: (provider: string) =>
      `This bot's plan at ${provider} is used up for today. It goes on tomorrow, or with a larger plan at ${provider}.`,
    breaker: (provider: string, inARow: number) =>
      `${provider} failed ${inARow} times in a row, so it is asked less for a while. Look at its status page; it is tried again by itself.`,
    disk: (freeMegabytes: number, neededMegabytes: number) =>
      `The bot's disk has ${freeMegabytes} MB free, and MIN_FREE_MB asks for ${neededMegabytes}: no paid work is started. Make room, or clear old jobs with /jobs clear.`,
    retiredModel: (provider: string, model: string) =>
      `${provider} no longer offers the model \`${model}\`. Name another one in the settings and restart the bot.`,
    fewSessionStarts: (remaining: number, seconds: number) =>
      `Discord allows this bot ${remaining} more connections today, so the next one waits until <t:${seconds}:t>. Find out in its log why it connects so often.`,
  },
  /** Which of several pictures, and what to make of them. */
  drafts: {
    picture: (number: number) => `Picture ${number}`,
    whichMoves: 'Which picture is to move?',
    whichAgain: 'Which picture once more?',
    choose: 'Choose a picture',
    order: (labels: readonly string[]) => `In this order: ${labels.join(', ')}`,
    all: 'All of them',
    allMeans: (pictures: number) => `${pictures} new pictures`,
    formTitle: 'Use as reference',
    formPrompt: 'What the new picture should show',
    formPicture: 'Which picture to start from',
    imageOrJob:
      'Give either `image`, a picture of your own, or `job`, something made here before: exactly one of them.',
    isVideo: 'That job is a video already. Choose one with a picture.',
    stillOpen: 'That job is not finished yet. Wait for its picture, then try again.',
    hasNoPicture: 'That job has no picture. Choose one that is done.',
    messageWithout: 'There is no picture in this message that can be used. Choose a message with one.',
    expired: 'This choice is closed by now. Choose the picture anew.',
    notYours: 'Only the one who was asked can answer this.',
  },
  edit: {
    title: 'Edit the prompt',
    prompt: (kind: Kind) => `What the ${things[kind]} should show`,
  },
  /** `/listing`, its form, and the lines of the items of any set. */
  listing: {
    names: itemNames,
    numbered: (kind: Kind, number: number) => `${kind === 'video' ? 'Video' : 'Picture'} ${number}`,
    /** Of one item among others. In lower case: the card's own state stands above in capitals. */
    queued: 'queued',
    generating: 'generating',
    fetching: 'fetching the file',
    done: 'done',
    failed: 'failed',
    cancelled: 'stopped',
    missing: (names: readonly string[]) => `Missing: ${listAll(names)}.`,
    notMade: (names: readonly string[]) => `${listAll(names)}:`,
    stopped: 'Stopped before it was made.',
    stoppedBy: (userId: string) => `Stopped by <@${userId}> before it was made.`,
    formTitle: 'Edit the product',
    title: 'Title',
    feature: (number: number) => `Feature ${number}`,
    audience: 'Who it is for',
    refused: (problem: ProductFault & { kind: keyof typeof productProblems }) => {
      const got = Array.from(problem.got.replaceAll(/[`\s]+/g, ' '))
        .slice(0, 80)
        .join('')
        .trim();
      return productProblems[problem.kind]({ ...problem, got });
    },
  },
  details: {
    title: 'Details',
    status: 'Status',
    service: 'Service',
    seed: 'Seed',
    aspectRatio: 'Aspect ratio',
    asked: 'Asked by',
    time: 'Time',
    waited: (seconds: string) => `${seconds}\u00a0s in line`,
    worked: (seconds: string) => `${seconds}\u00a0s from start to end`,
    prompt: 'Prompt',
    promptAsSent: 'Prompt as sent',
    product: 'Product',
    promptsInFile: (kind: Kind) =>
      `Each ${things[kind]} has a prompt of its own: they are in the file, as they were sent.`,
    repeats: 'Repeats',
    starts: 'Starts',
    duration: 'Duration',
    seconds: (seconds: number) => `${seconds}\u00a0s`,
    carried: (id: string) => `made by job\u00a0\`${id}\``,
    moreChanges: (left: number) => count(left, 'more change', 'more changes'),
    negativePrompt: 'Not in it',
    settings: 'Settings',
    attempts: 'Attempts',
    noAttempt: 'None: it ended before its turn came.',
    earlier: (attempts: number) => `…and ${count(attempts, 'earlier one', 'earlier ones')}`,
    took: (seconds: string) => `${seconds}\u00a0s`,
    at: (seconds: number) => `<t:${seconds}:T>`,
    changed: (changes: string) => `changed: ${changes}`,
    unchanged: 'the same request again',
    sentAs: (field: string, to: string) => `${field} sent as ${to}`,
    leftOut: (field: string) => `without ${field}`,
    fetched: (tries: number, status: string) => `file fetched at the ${ordinal(tries)} try, before that ${status}`,
    notFetched: (tries: number, status: string) =>
      `file not fetched in ${count(tries, 'try', 'tries')}, last ${status}`,
    newSeed: (seed: number) => `seed ${seed}`,
    deleteQuestion: (kind: Kind, made: number) =>
      made > 1 ? `Delete these ${made} ${things[kind]}s for good?` : `Delete this ${things[kind]} for good?`,
    deleteMeans: 'The card, the record and the original files go. This cannot be undone.',
    deleted: 'Deleted: the card, the record and the original files.',
    deletedWithoutCard:
      'Deleted: the record and the original files. The card stays where it is; it says so when it is pressed.',
    notDeleted:
      'The disk did not take the deletion. Try again in a moment; a deletion that was begun is finished by itself.',
    stillOpen: 'This job is under way again. Cancel it first, then delete it.',
  },
  /** Of a job, in its details; dollars as `formatUsd` writes them. */
  cost: {
    title: 'Estimated cost',
    about: (dollars: string) => `about $${dollars}`,
    atLeast: (dollars: string) => `$${dollars} and what has no known price`,
    nothing: 'nothing',
    unknown: 'not known',
  },
  /** `/jobs list` and `/jobs clear`. */
  jobs: {
    title: 'Jobs of this server',
    none: 'No job matches.',
    noneSoFar: 'No job matches so far.',
    older: 'Older',
    searchOlder: 'Search older',
    newer: 'Newer',
    private: 'something private',
    withStatus: (status: string) => `Status ${status}`,
    ofUser: (mention: string) => `by ${mention}`,
    askedBefore: (seconds: number) => `Asked for before <t:${seconds}:f>`,
    nothingToClear: 'Nothing to clear',
    noSuchJob: 'There is no such job in this server',
    clearQuestion: (jobs: number) => `Clear ${count(jobs, 'job', 'jobs')}?`,
    clearMeans: 'Records and original files are deleted for good. Cards stay, and say so when they are pressed.',
    openAreLeft: 'Jobs under way are left alone; name `status: queued` or `status: running` to cancel and clear them.',
    openAreCancelled: (jobs: number) => `**${count(jobs, 'job', 'jobs')} under way will be cancelled first.**`,
    clearNow: (jobs: number) => `Clear ${count(jobs, 'job', 'jobs')}`,
    keepThem: 'Keep them',
    clearing: 'Clearing…',
    cleared: ({ removed, cancelled, left }: { removed: number; cancelled: number; left: number }) =>
      [
        `Cleared ${count(removed, 'job', 'jobs')}.`,
        ...(cancelled > 0
          ? [`${cancelled} of them ${cancelled === 1 ? 'was' : 'were'} under way and cancelled first.`]
          : []),
        ...(left > 0
          ? [`${count(left, 'job', 'jobs')} did not end in time and stayed; look at them with /jobs list.`]
          : []),
      ].join(' '),
    kept: 'Nothing was cleared.',
    interrupted: 'The disk did not take all of it. What was cleared is gone; clear once more for the rest.',
    badAge: (found: string) =>
      `older_than is "${found}"; expected a number and m, h, d or w, for example 12h, 7d or 2w.`,
  },
  /** `/show`, and one's own jobs while `job` is typed. */
  show: {
    /** `files`: how many are on their way to the card. */
    coming: (kind: Kind, files: number) =>
      files === 1 ? `The ${things[kind]} follows.` : `The ${things[kind]}s follow.`,
    notShown: 'Discord did not take the card here. Try again, or in another channel.',
    private: 'private',
    justNow: 'just now',
    minutesAgo: (minutes: number) => `${minutes} min ago`,
    hoursAgo: (hours: number) => `${hours} h ago`,
    daysAgo: (days: number) => `${count(days, 'day', 'days')} ago`,
    onDay: (ms: number) => DAYS.format(ms),
  },
  gallery: {
    title: 'Made in this server',
    titleOwn: 'Made by you',
    newestFirst: 'newest first',
    only: { image: 'pictures', video: 'videos' } satisfies Record<Kind, string>,
    video: 'video',
    none: 'Nothing was made here yet. Type /generate and say what a picture should show.',
    noMatch: 'Nothing matches. Leave an option of /gallery out to see more.',
    noneSoFar: 'Nothing matches so far.',
    open: 'Open one…',
    postHere: 'Post here',
    back: 'Back',
    smaller: (files: number) =>
      `${files === 1 ? 'The original is' : `${files} originals are`} too large to be shown here, so a smaller one is. Press Download for the original.`,
    missing: (files: number) => `${count(files, 'file', 'files')} cannot be shown here. Press Download.`,
  },
  /** `/models`, and `settings` of `/generate`. */
  models: {
    title: 'Models',
    kinds: { image: 'pictures', video: 'videos' } satisfies Record<Kind, string>,
    searched: (search: string) => `searched for ${search}`,
    isDefault: 'default',
    noMatch: 'No model matches. Search for other words, or leave `kind` out.',
    noModels: (provider: string) => `${provider} has no models to choose from.`,
    nothingToChoose: 'There is nothing to choose from.',
    tooLong: 'The service did not answer in time. Try again in a moment.',
    moreModels: (left: number) => `and ${left} more; narrow it down with \`search\``,
    howToUse: 'Use one with `model:` of /generate; /models inputs shows what it can be set to.',
    inputsOf: 'Inputs of',
    inputsUnknown: 'The service does not tell what this model can be set to.',
    settings: 'Settings',
    ownOptions: 'From the options of the command (* required)',
    noSettings: 'It has no settings beyond the options of the command.',
    moreInputs: (left: number) => `and ${left} more`,
    howToSet: 'Set them with `settings: name=value, name=value`.',
    required: 'required',
    default: (value: string) => `default ${value}`,
    between: (least: number, most: number) => `${least} to ${most}`,
    atLeast: (least: number) => `${least} or more`,
    atMost: (most: number) => `${most} or less`,
    types: {
      text: 'text',
      integer: 'a whole number',
      number: 'a number',
      boolean: 'true or false',
      file: 'the https address of a file',
      files: 'https addresses of files',
      other: 'any value',
    },
    badSettings: ({ kind, got }: { kind: keyof typeof settingsProblems; got: string }) => {
      const shown = got
        .replaceAll(/[`\s]+/g, ' ')
        .slice(0, 80)
        .trim();
      return `The \`settings\` cannot be read: ${settingsProblems[kind](shown)} Write \`name=value, name=value\`; a value with a comma stands in "quotes".`;
    },
  },
  help: {
    title: 'Darkroom makes pictures and never loses one',
    intro: [
      'Type `/generate` and say what the picture should show.',
      '**You may close Discord: the card is finished anyway.**',
      '-# It says where you are in line, how far the picture is, and why something is tried again.',
    ],
    buttonsTitle: 'On a card',
    buttons: [
      '`Download` the original file',
      '`Again` another picture of the same prompt',
      '`Edit prompt` the same with other words',
      '`Details` seed, model, every attempt; delete your own there',
      '`Retry` and `Fallback` when it failed, `Cancel` while it is being made',
    ],
    menus: (names: readonly string[]) =>
      `On any message with a picture, under Apps in its menu: ${names.map((name) => `\`${name}\``).join(', ')}`,
    whose: '-# What changes a card belongs to the one who asked, and to moderators.',
    providers: (names: readonly string[]) => `Set up here: ${names.join(', ')}.`,
    limits: (running: number, waiting: number) =>
      `${running} of your pictures are made at once and ${waiting} may wait; local previews are free.`,
  },
  notify: {
    done: (mention: string, made: Made) =>
      `${mention} your ${things[made.kind]}${made.count === 1 ? ' is' : 's are'} ready.`,
    partial: (mention: string, { kind }: Made) => `${mention} your ${things[kind]}s are partly done.`,
    failed: (mention: string, { kind, count: made }: Made) =>
      `${mention} your ${things[kind]}${made === 1 ? '' : 's'} could not be made; the card says why.`,
  },
  refusals: {
    removed: (seconds: number) => `This job was removed on <t:${seconds}:D>. Ask anew with /generate.`,
    removedWithPictures: (seconds: number) =>
      `This job was removed on <t:${seconds}:D>, and its original with it. Here is the picture that is still on the card.`,
    notModerator: 'Only a moderator (Manage Messages) can do that.',
    promptEmpty: 'The prompt is empty. Say what should be made.',
    promptTooLong: (length: number) => `The prompt has ${length} characters; at most 4000 fit. Shorten it.`,
    providerOff: (name: string, on: readonly string[]) =>
      `The provider ${name} is not set up on this bot. Choose ${on.join(' or ')}.`,
    providerCannot: (name: string, kind: Kind) => `The provider ${name} makes no ${kinds[kind]}.`,
    missingPermissions: (names: readonly string[]) =>
      `I cannot keep a card in this channel: I lack ${names.join(', ')}. Ask a moderator to allow it, or use another channel.`,
    userLimit: ({
      open,
      asked,
      runningLimit,
      waitingLimit,
    }: Record<'open' | 'asked' | 'runningLimit' | 'waitingLimit', number>) =>
      `You have ${open} under way, and this asks for ${asked} more; at most ${runningLimit} can run and ${waitingLimit} can wait. Ask again when one is done, or cancel one.`,
    storeFailing:
      'I cannot save requests right now, so nothing was started and nothing was charged. Try again in a moment.',
    cardRefused: 'Discord did not take the card, so nothing was started and nothing was charged. Try again.',
    unknownButton: 'This button belongs to another version of the bot. Ask anew with /generate.',
    unknownJob: 'I do not know this job. It may have been removed; ask anew with /generate.',
    notYours: (userId: string) => `Only <@${userId}>, who asked for it, or a moderator can do that.`,
    restarting: 'I am restarting. Try again in a minute; what is under way goes on by itself.',
    unknownCommand: 'I do not know this command any more. Reload Discord and try again.',
    internal: 'Something went wrong inside the bot. It has been noted; try again.',
  },
  /** Names in the menu of a message. */
  menus: { animateImage: 'Animate image', useAsReference: 'Use as reference' },
  commands: {
    generate: {
      description: 'Make a picture from a description',
      prompt: 'What the picture should show',
      provider: 'Who makes it; local is a free preview',
      model: 'A model of the provider, as owner/name',
      aspectRatio: 'Width to height',
      count: 'How many pictures; each counts as one',
      image: 'A picture to start from',
      negativePrompt: 'What should not be in the picture',
      seed: 'The same seed and prompt give the same picture, where the model can',
      settings: "The model's own inputs: name=value, name=value; /models inputs shows them",
      private: 'Only you see it',
    },
    listing: {
      description: 'Make the five square pictures a product needs in an online shop',
      title: 'What the product is called',
      feature: 'What is special about it; labels use these words',
      moreFeature: 'What else is special about it',
      audience: 'Who it is for',
      keywords: 'What buyers search for, and why: word, word:intent, word:intent+intent',
      image: 'A picture of the product; the five pictures show it just like that',
      provider: 'Who makes them; local gives free previews',
      model: 'A model of the provider, as owner/name',
      private: 'Only you see them',
    },
    animate: {
      description: 'Make a video from a picture',
      image: 'A picture to start from; or give a job',
      job: 'Something made here before, by the id on its card; or give an image',
      prompt: "What should happen; else the prompt of the job's picture, or gentle motion for an image",
      provider: 'Who makes it; else whoever has the model',
      model: 'A video model',
      duration: 'Seconds; the nearest the model makes is taken',
      aspectRatio: "Width to height; else the picture's own where the model can",
      private: 'Only you see it',
    },
    models: {
      description: 'Which models there are, and what they can be set to',
      list: 'Models to choose from',
      kind: 'Only models that make these',
      search: 'Only models with these words in their name or description',
      inputs: 'Every input of a model: what is allowed and what is the default',
      model: 'A model, as owner/name',
      provider: 'Whose model it is, where two have one of that name',
    },
    gallery: {
      description: 'What was made in this server, newest first; in a private chat, what you made',
      user: 'Only what this member asked for',
      kind: 'Only pictures, or only videos',
      status: 'Only what ended so',
    },
    show: {
      description: 'Show an earlier job again, as a card with its buttons',
      job: 'One of yours, by its words, its status or the id on its card; or the id of one of this server',
    },
    help: { description: 'What Darkroom can do, in one card that only you see' },
    jobs: {
      description: "Keep order among this server's jobs",
      list: "This server's jobs, newest first",
      listStatus: 'Only jobs in this state',
      user: 'Only jobs of this member',
      clear: 'Delete records and files of jobs, after a look at what would go',
      clearStatus: 'Only jobs in this state; queued or running ones are cancelled first',
      olderThan: 'Only jobs asked for longer ago than this, for example 12h, 7d or 2w',
      job: 'Only this job, by the id on its card',
    },
  },
};
