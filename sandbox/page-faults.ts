/** The faults a person can pick on the page, and how many of each are still to come. */
import type { StartedGemini } from './gemini/index.ts';
import type { DiscordFault, GeminiFault, PageFault, RecordedRequest } from './interface.ts';
import type { ReplicateFault, SandboxDiscord } from './interface.ts';
import type { StartedReplicate } from './replicate/index.ts';

/** Edits by interaction token and by the bot's own right. */
const EDIT_ROUTE = /^\/(webhooks\/\d+\/[^/]+|channels\/\d+)\/messages\//;
const CALLBACK_ROUTE = /^\/interactions\/\d+\/[^/]+\/callback/;

type Choice = { id: string; label: string } & (
  | { service: 'replicate'; fault: ReplicateFault }
  | { service: 'gemini'; fault: GeminiFault }
  | { service: 'discord'; fault: Omit<DiscordFault, 'times'> }
  /** Happens at once and is never armed. */
  | { service: 'discord'; fault: 'drop-gateway' }
);

const CHOICES: readonly Choice[] = [
  ofReplicate('next create is refused (429)', { on: 'create', kind: 'http-429' }),
  ofReplicate('next create fails (500)', { on: 'create', kind: 'http-500' }),
  ofReplicate('next create is refused, the token is wrong (401)', { on: 'create', kind: 'http-401' }),
  ofReplicate('next create is refused, no credit is left (402)', { on: 'create', kind: 'http-402' }),
  ofReplicate('next create is refused, the input is wrong (422)', { on: 'create', kind: 'http-422' }),
  ofReplicate('next create is accepted, then cut off', { on: 'create', kind: 'cut-after' }),
  ofReplicate('next create is accepted and never answered', { on: 'create', kind: 'hang' }),
  ofReplicate('next status check fails (503)', { on: 'get', kind: 'http-503' }),
  ofReplicate('next file is gone (404)', { on: 'file', kind: 'http-404' }),
  ofReplicate('next file is cut off half way', { on: 'file', kind: 'cut-half' }),
  ofReplicate('next picture or video weighs 30 MB', { on: 'file', kind: '30-mb' }),
  ofReplicate('next upload of a picture fails (503)', { on: 'upload', kind: 'http-503' }),
  ofReplicate('next upload of a picture is cut off', { on: 'upload', kind: 'cut-before' }),
  ofReplicate('next prediction fails', { on: 'prediction', kind: 'fails' }),
  ofReplicate('next prediction is blocked as NSFW', { on: 'prediction', kind: 'nsfw' }),
  ofReplicate('next prediction is slow', { on: 'prediction', kind: 'slow' }),
  ofReplicate('next prediction takes 12 minutes', { on: 'prediction', kind: '12-minutes' }),
  ofReplicate('next webhooks are lost', { on: 'webhook', kind: 'lost' }),
  ofGemini('next image is refused, too many a minute (429)', { on: 'generate', kind: 'http-429-minute' }),
  ofGemini('next image is refused, the plan has no quota (429)', { on: 'generate', kind: 'http-429-no-quota' }),
  ofGemini('next image is refused, the key is wrong (400)', { on: 'generate', kind: 'http-400-key' }),
  ofGemini('next image finds the model overloaded (503)', { on: 'generate', kind: 'http-503' }),
  ofGemini('next image is made, then cut off', { on: 'generate', kind: 'cut-after' }),
  ofGemini('next prompt is blocked', { on: 'image', kind: 'blocked-safety' }),
  ofGemini('next image is withheld as unsafe', { on: 'image', kind: 'finish-image-safety' }),
  ofGemini('next image is only talked about', { on: 'image', kind: 'text-only' }),
  ofGemini('next video fails', { on: 'video', kind: 'fails-internal' }),
  ofGemini('next video is blocked', { on: 'video', kind: 'blocked' }),
  ofDiscord('edit-500', 'next edit fails (500)', { method: 'PATCH', route: EDIT_ROUTE, kind: { status: 500 } }),
  ofDiscord('edit-429', 'next edit is refused (429)', {
    method: 'PATCH',
    route: EDIT_ROUTE,
    kind: { status: 429, retryAfterSeconds: 2 },
  }),
  ofDiscord('callback-hang', 'next answer to a command or button hangs', {
    method: 'POST',
    route: CALLBACK_ROUTE,
    kind: 'hang',
  }),
  ofDiscord('gateway-drop', 'the gateway drops now', 'drop-gateway'),
];

interface Services {
  discord: SandboxDiscord;
  replicate: StartedReplicate;
  gemini: StartedGemini;
}

export class PageFaults {
  readonly #discord: SandboxDiscord;
  readonly #replicate: StartedReplicate;
  readonly #gemini: StartedGemini;
  /** By id, for Discord's: it does not tell what is left, so its requests are watched. */
  readonly #armed = new Map<string, number>();

  constructor({ discord, replicate, gemini }: Services) {
    this.#discord = discord;
    this.#replicate = replicate;
    this.#gemini = gemini;
  }

  list(): PageFault[] {
    return CHOICES.map((choice) => ({
      id: choice.id,
      service: choice.service,
      label: choice.label,
      armed: this.#countArmed(choice),
    }));
  }

  /** Throws a sentence for an id that is not in the list. */
  add(id: string): void {
    const choice = CHOICES.find((candidate) => candidate.id === id);
    if (choice === undefined) throw new Error(`Expected the id of a fault on the page, got ${id}.`);
    if (choice.service === 'replicate') {
      this.#replicate.addFault(choice.fault);
    } else if (choice.service === 'gemini') {
      this.#gemini.addFault(choice.fault);
    } else if (choice.fault === 'drop-gateway') {
      this.#discord.dropGateway(true);
    } else {
      this.#discord.addFault({ ...choice.fault, times: 1 });
      this.#armed.set(id, (this.#armed.get(id) ?? 0) + 1);
    }
  }

  clear(): void {
    this.#replicate.clearFaults();
    this.#gemini.clearFaults();
    this.#discord.clearFaults();
    this.#armed.clear();
  }

  /** Counts a fault as used up when Discord answered a request as it says. Returns whether one was. */
  noteDiscordRequest(request: RecordedRequest): boolean {
    const used = CHOICES.find((choice) => (this.#armed.get(choice.id) ?? 0) > 0 && isUsedUpBy(choice, request));
    if (used === undefined) return false;
    this.#armed.set(used.id, (this.#armed.get(used.id) ?? 1) - 1);
    return true;
  }

  #countArmed(choice: Choice): number {
    if (choice.service === 'discord') return this.#armed.get(choice.id) ?? 0;
    const { on, kind } = choice.fault;
    const armed = choice.service === 'gemini' ? this.#gemini.armedFaults() : this.#replicate.armedFaults();
    const same = armed.filter(({ fault }) => fault.on === on && fault.kind === kind);
    return same.reduce((sum, { times }) => sum + times, 0);
  }
}

function isUsedUpBy(choice: Choice, request: RecordedRequest): boolean {
  if (choice.service !== 'discord' || choice.fault === 'drop-gateway') return false;
  const { method, route, kind } = choice.fault;
  const status = typeof kind === 'object' ? kind.status : kind === 'hang' ? 'hang' : 'cut';
  return request.method === method && route.test(request.path) && request.status === status;
}

function ofReplicate(label: string, fault: ReplicateFault): Choice {
  return { id: `replicate-${fault.on}-${fault.kind}`, service: 'replicate', label: `Replicate: ${label}`, fault };
}

function ofGemini(label: string, fault: GeminiFault): Choice {
  return { id: `gemini-${fault.on}-${fault.kind}`, service: 'gemini', label: `Gemini: ${label}`, fault };
}

function ofDiscord(id: string, label: string, fault: Omit<DiscordFault, 'times'> | 'drop-gateway'): Choice {
  const common = { id: `discord-${id}`, service: 'discord' as const, label: `Discord: ${label}` };
  return fault === 'drop-gateway' ? { ...common, fault } : { ...common, fault };
}
