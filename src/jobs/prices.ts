/**
 * About what jobs cost, by a table of prices. Rather above than below: no service tells the price of a single call, so
 * every attempt that may have been billed counts. Settings without a tier here, and prices that changed since they were
 * read, can make it wrong both ways. Pure.
 */
import { ACTIVE_ITEM_STATES, type Attempt, type Failure, type FailureReason, type Item, type Job } from './job.ts';

/** What one output of a model costs. */
export interface Price {
  per: 'picture' | 'second' | 'run';
  /** US dollars, where the model's own defaults decide. */
  usd: number;
  /** Where a setting of the model changes it: US dollars by the setting's value, in lower case. */
  tiers?: { setting: string; usd: Readonly<Record<string, number>> };
  /** `per: 'second'`: how long a video is taken for whose length nobody asked for. */
  seconds?: number;
  /** `per: 'second'`: so many frames are billed as one, however fast they are shown. */
  framesPerSecond?: number;
  /** What each picture to start from adds: US dollars. */
  usdPerStart?: number;
}

/** By the service's name and the model's, in lower case. An owner's own table has this shape too. */
export type PriceTable<Row extends Price = Price> = Readonly<Record<string, Readonly<Record<string, Row>>>>;

/** A price from outside. */
interface DatedPrice extends Price {
  /** When it was read, and where: year, month and day. */
  read: string;
  source: string;
}

export interface Cost {
  /** Rounded to millionths. */
  usd: number;
  /** Whether each attempt that may have been billed has a known price; else this is the least. */
  isComplete: boolean;
}

const REPLICATE = { read: '2026-10-07', source: 'https://replicate.com/pricing' };
/** The models' own pages, as public code quotes them. */
const PAGES = { read: '2026-10-03', source: 'https://replicate.com/<model>' };
const EARLIER_PAGES = { read: '2025-11-25', source: 'https://replicate.com/<model>' };
const OLD_PAGES = { read: '2025-01-05', source: 'https://replicate.com/<model>' };
const GOOGLE = { read: '2026-09-20', source: 'https://ai.google.dev/gemini-api/docs/pricing' };
/** A reseller's page that names Google's own price. */
const OMNI = { read: '2026-11-21', source: 'https://runware.ai/docs/models/google-gemini-omni-flash' };

/** A reseller's page that names Replicate's own price, 0.001 for each megapixel in and out. */
const KLEIN = { read: '2026-11-21', source: 'https://lumenfall.ai/models/black-forest-labs/flux.2-klein-4b' };
/** No price of the model's own page was to be had: what public code books for its runs, and so an estimate. */
const ESTIMATE = { read: '2026-11-21', source: 'https://replicate.com/<model>' };

/**
 * A picture of Google's: 747 tokens at 512, 1,120 at 1K, 1,680 at 2K and 2,520 at 4K, of 60 dollars a million (Lite:
 * 30). A picture to start from is 0.0006 there, by the same page, and taken for as much with the others.
 */
export const PRICES: PriceTable<DatedPrice> = {
  replicate: {
    'black-forest-labs/flux-schnell': { per: 'picture', usd: 0.003, ...REPLICATE },
    'black-forest-labs/flux-dev': { per: 'picture', usd: 0.025, ...REPLICATE },
    'black-forest-labs/flux-1.1-pro': { per: 'picture', usd: 0.04, ...REPLICATE },
    'black-forest-labs/flux-1.1-pro-ultra': { per: 'picture', usd: 0.06, ...EARLIER_PAGES },
    'black-forest-labs/flux-kontext-pro': { per: 'picture', usd: 0.04, ...EARLIER_PAGES },
    'black-forest-labs/flux-kontext-max': { per: 'picture', usd: 0.08, ...EARLIER_PAGES },
    // A start of 2,048 by 2,048, the largest that is sent, has 4.2 megapixels.
    'black-forest-labs/flux-2-klein-4b': {
      per: 'picture',
      usd: 0.001,
      tiers: { setting: 'output_megapixels', usd: { '0.25': 0.001, '0.5': 0.001, '1': 0.001, '2': 0.002, '4': 0.004 } },
      usdPerStart: 0.0042,
      ...KLEIN,
    },
    'google/nano-banana': { per: 'picture', usd: 0.039, ...PAGES },
    'google/nano-banana-pro': {
      per: 'picture',
      usd: 0.15,
      tiers: { setting: 'resolution', usd: { '1k': 0.15, '2k': 0.15 } },
      ...PAGES,
    },
    'google/imagen-4': { per: 'picture', usd: 0.04, ...EARLIER_PAGES },
    'google/imagen-4-fast': { per: 'picture', usd: 0.02, ...EARLIER_PAGES },
    'google/imagen-4-ultra': { per: 'picture', usd: 0.06, ...EARLIER_PAGES },
    'ideogram-ai/ideogram-v3-turbo': { per: 'picture', usd: 0.03, ...EARLIER_PAGES },
    'ideogram-ai/ideogram-v3-balanced': { per: 'picture', usd: 0.06, ...EARLIER_PAGES },
    'ideogram-ai/ideogram-v3-quality': { per: 'picture', usd: 0.09, ...REPLICATE },
    'recraft-ai/recraft-v3': { per: 'picture', usd: 0.04, ...EARLIER_PAGES },
    'bytedance/seedance-1-pro': {
      per: 'second',
      usd: 0.15,
      tiers: { setting: 'resolution', usd: { '480p': 0.03, '720p': 0.06, '1080p': 0.15 } },
      seconds: 5,
      ...PAGES,
    },
    'bytedance/seedance-1-lite': {
      per: 'second',
      usd: 0.036,
      tiers: { setting: 'resolution', usd: { '480p': 0.018, '720p': 0.036, '1080p': 0.072 } },
      seconds: 5,
      ...PAGES,
    },
    'kwaivgi/kling-v2.1': {
      per: 'second',
      usd: 0.05,
      tiers: { setting: 'mode', usd: { standard: 0.05, pro: 0.09 } },
      seconds: 5,
      ...PAGES,
    },
    // 81 frames at 720p made smoother 0.16, and 121 frames 0.24; 81 frames at 480p 0.05, and a third more made smoother.
    'wan-video/wan-2.2-i2v-fast': {
      per: 'second',
      usd: 0.014,
      tiers: { setting: 'resolution', usd: { '480p': 0.014, '720p': 0.032 } },
      seconds: 81 / 16,
      framesPerSecond: 16,
      ...ESTIMATE,
    },
    'minimax/video-01': { per: 'run', usd: 0.5, ...OLD_PAGES },
    'minimax/video-01-live': { per: 'run', usd: 0.5, ...OLD_PAGES },
  },
  gemini: {
    'gemini-3.1-flash-image': {
      per: 'picture',
      usd: 0.067,
      tiers: { setting: 'image_size', usd: { '512': 0.045, '1k': 0.067, '2k': 0.101, '4k': 0.151 } },
      usdPerStart: 0.0006,
      ...GOOGLE,
    },
    'gemini-3.1-flash-lite-image': { per: 'picture', usd: 0.034, usdPerStart: 0.0006, ...GOOGLE },
    'gemini-3-pro-image': {
      per: 'picture',
      usd: 0.134,
      tiers: { setting: 'image_size', usd: { '1k': 0.134, '2k': 0.134, '4k': 0.24 } },
      usdPerStart: 0.0006,
      ...GOOGLE,
    },
    // 5,792 tokens a second at 720p, 17.50 dollars a million. Nobody says how long it makes a video by itself: 10 s at
    // most. Other heights by what two resellers take for them beside 720p.
    'gemini-omni-1.1-flash': {
      per: 'second',
      usd: 0.102,
      tiers: { setting: 'resolution', usd: { '360p': 0.034, '720p': 0.102, '1080p': 0.153, '4k': 0.306 } },
      seconds: 10,
      ...OMNI,
    },
  },
};

/** What models call a length; the first is told of every model. */
const SECONDS_NAMES = ['duration', 'seconds'];
const FRAMES_NAMES = ['num_frames'];
const RATE_NAMES = ['frames_per_second', 'fps'];

/** Made on the owner's own machine. */
const FREE = 'local';

/**
 * Attempts that ended so without an operation were refused or never sent. Replicate bills predictions, of which there
 * is none then; Google says "if your request fails with a 400 or 500 error, you won't be charged"
 * (ai.google.dev/gemini-api/docs/billing), and its filters "you will not be charged for blocked images". An answer
 * that was lost, a cancelled or overdue call and an answer without a picture are not among them: those may be billed.
 */
const UNPAID: ReadonlySet<FailureReason> = new Set<FailureReason>([
  'network',
  'rate-limit',
  'breaker-open',
  'disk-full',
  'model-unknown',
  'model-retired',
  'input-refused',
  'setting-refused',
  'image-needed',
  'image-not-taken',
  'reference-refused',
  'reference-unreachable',
  'reference-lost',
  'provider-off',
  'prompt-blocked',
  'output-blocked',
  'key-refused',
  'no-credit',
  'no-quota',
  'daily-quota',
  'job-too-old',
  'cancelled-undelivered',
]);

type Tried = Pick<Attempt, 'provider' | 'model' | 'operationId' | 'changes' | 'failure'> & {
  /** How many files it made, as far as is known. */
  outputs: number;
};

/**
 * All attempts of the job that may have been billed; what it only shows again (`carriedFrom`) was billed to another
 * job. null: some may have been, and not one price is known.
 */
export function estimateCost(job: Job, prices: PriceTable = PRICES): Cost | null {
  const tried = job.items.filter(({ carriedFrom }) => carriedFrom === null).flatMap((item) => listTried(job, item));
  const model = job.input.model ?? tried.find((each) => each.model !== null)?.model ?? null;
  const costs = tried.filter(mayBePaid).map((each) => priceOf(job, { ...each, model: each.model ?? model }, prices));
  const known = costs.filter((cost) => cost !== null);
  if (costs.length > 0 && known.length === 0) return null;
  const sum = known.reduce((total, cost) => total + cost, 0);
  return { usd: Math.round(sum * 1e6) / 1e6, isComplete: known.length === costs.length };
}

/** What ended, and what is in flight: the money is spent when it begins. */
function listTried({ input }: Job, item: Item): Tried[] {
  const made = item.state === 'done' ? Math.max(1, item.assets.length) : 1;
  const tried = item.attempts.map((each) => ({ ...each, outputs: each.failure === null ? made : 1 }));
  if (!ACTIVE_ITEM_STATES.has(item.state)) return tried;
  const operationId = (item.state === 'running' || item.state === 'collecting' ? item.operation?.id : null) ?? null;
  const outputs = item.state === 'collecting' ? item.outputs.length : 1;
  const { model, changes } = item;
  return [...tried, { provider: input.provider, model, operationId, changes, failure: null, outputs }];
}

/** Of begun work that failed no service says that it is free, and of cancelled work Replicate says that it is not: all counts. */
function mayBePaid({ provider, operationId, failure }: Tried): boolean {
  if (provider === FREE) return false;
  if (failure === null) return true;
  if (operationId !== null) return provider !== 'replicate' || !hasNeverBegun(failure);
  // Trouble that came as an HTTP status was an answer to the request; any other came in place of a picture.
  const isRefused = failure.reason === 'provider-error' && /^HTTP [45]/.test(failure.providerStatus ?? '');
  return !isRefused && !UNPAID.has(failure.reason);
}

/** Replicate alone says of such work what it costs: "Aborted (never started): No charge". */
function hasNeverBegun({ reason, providerStatus }: Failure): boolean {
  return reason === 'provider-queue-timeout' || providerStatus === 'aborted';
}

/** US dollars of one attempt; null: not known. */
function priceOf(job: Job, tried: Tried, prices: PriceTable): number | null {
  const name = tried.model?.replace(/^models\/|:[^/]*$/g, '').toLowerCase() ?? '';
  const price = findPrice(prices, tried.provider, name);
  const usd = price === null ? null : readTier(job, tried, price);
  const amount = price === null ? null : readAmount(job, tried, price);
  if (price === null || usd === null || amount === null) return null;
  return usd * amount + (price.usdPerStart ?? 0) * countStarts(job, tried);
}

/** How often the price is paid for one attempt; null: not known. */
function readAmount(job: Job, tried: Tried, price: Price): number | null {
  if (price.per === 'picture') return tried.outputs;
  return price.per === 'run' ? 1 : (readSeconds(job, tried, price) ?? price.seconds ?? null);
}

function countStarts({ references }: Job, { changes }: Tried): number {
  const change = changes.find(({ field }) => field === 'image');
  return change === undefined ? references.length : Number(change.to ?? 0);
}

/** Names come from outside: `constructor` is no model. */
function findPrice(prices: PriceTable, provider: string, model: string): Price | null {
  const models = Object.hasOwn(prices, provider) ? (prices[provider] ?? {}) : {};
  return Object.hasOwn(models, model) ? (models[model] ?? null) : null;
}

/** null: what was sent has no price in the table. */
function readTier(job: Job, tried: Tried, { usd, tiers }: Price): number | null {
  const value = tiers === undefined ? null : readSent(job, tried, tiers.setting);
  return value === null ? usd : (tiers?.usd[value] ?? null);
}

/** As long as it was sent, which may be otherwise than it was asked for. null: that is not told. */
function readSeconds(job: Job, tried: Tried, { framesPerSecond }: Price): number | null {
  const firstOf = (names: readonly string[]): number | null => {
    const sent = names.map((name) => Number.parseFloat(readSent(job, tried, name) ?? ''));
    return sent.find((value) => value > 0) ?? null;
  };
  const isLeftOut = tried.changes.some(({ field, to }) => field === 'duration' && to === null);
  const seconds = firstOf(SECONDS_NAMES) ?? (isLeftOut ? null : job.input.durationSeconds);
  if (framesPerSecond === undefined) return seconds;
  const frames = firstOf(FRAMES_NAMES);
  if (frames !== null) return frames / framesPerSecond;
  // Faster frames make a shorter video of as many.
  return seconds === null ? null : (seconds * (firstOf(RATE_NAMES) ?? framesPerSecond)) / framesPerSecond;
}

/** An input of the model as it was sent, in lower case; null: it was left to the model, or has an option of its own. */
function readSent({ input }: Job, { changes }: Tried, name: string): string | null {
  // A repair is told behind what was chosen before it.
  const change = changes.findLast(({ field }) => field.toLowerCase() === name);
  const set = Object.entries(input.settings).find(([key]) => key.toLowerCase() === name)?.[1];
  const sent = change === undefined ? set : change.to;
  return sent === undefined || sent === null ? null : sent.trim().toLowerCase();
}
