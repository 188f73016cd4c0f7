/** The members of the server: what they ask for and press while the bot dies and comes back. */
import type { CommandOptions, InteractionOutcome } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { buttonsOf } from '../end-to-end/world.ts';
import { FINAL_WORDS, readCard, readChannel } from './cards.ts';
import type { Random } from './random.ts';

/** An interaction that was sent, and what its member saw of it. */
export interface Asked {
  interactionId: string;
  /** The command or the button's label. */
  what: string;
  outcome: InteractionOutcome['status'];
  /** As `Date.now()` tells it. */
  sentAt: number;
}

interface Act {
  weight: number;
  run: (members: Members) => void;
}

const CROWD = 4;
/** Beyond so many unfinished cards nobody asks for more. */
const MOST_OPEN = 10;
const REPLAYED_FROM_LAST = 40;
/** By label. Nearly every card stands finished, so what is rarely there is pressed first. */
const PRESS_WEIGHTS: Readonly<Record<string, number>> = {
  Cancel: 20,
  Retry: 40,
  'Fallback: local': 15,
  'Fallback: gemini': 15,
  'Fallback: replicate': 15,
  'Retry: gemini': 5,
  'Retry: replicate': 5,
  Again: 1,
  Download: 1,
  Details: 1,
  'Edit prompt': 2,
};
/** Many look and go away again. */
const SUBMIT_SHARE = 0.6;
const PROVIDERS = [
  { weight: 62, options: {} },
  { weight: 26, options: { provider: 'gemini' } },
  { weight: 12, options: { provider: 'local' } },
];

const ACTS: readonly Act[] = [
  { weight: 6, run: (members) => members.generate() },
  { weight: 1, run: (members) => members.generateTwins() },
  { weight: 5, run: (members) => members.press() },
  { weight: 1, run: (members) => members.replay() },
];

export class Members {
  readonly asked: Asked[] = [];
  readonly #sandbox: Sandbox;
  readonly #random: Random;
  readonly #ids: readonly string[];
  readonly #pending = new Set<Promise<unknown>>();
  #pictures = 0;
  replays = 0;
  presses = 0;
  forms = 0;

  constructor(sandbox: Sandbox, random: Random) {
    this.#sandbox = sandbox;
    this.#random = random;
    const { member, member2, moderator } = sandbox.discord.users;
    this.#ids = [member, member2, moderator, ...sandbox.discord.crowd(CROWD)].map(({ id }) => id);
  }

  get ids(): readonly string[] {
    return this.#ids;
  }

  /** One random act of a random member. Nobody waits for its answer. */
  act(): void {
    this.#random.pickRow(ACTS).run(this);
  }

  generate(): void {
    const user = this.#user();
    const options = this.#options();
    if (this.#isRoom()) void this.#send(user, options);
  }

  /** Two members ask for the very same picture at once: equal requests must not take each other's work. */
  generateTwins(): void {
    const users = [this.#user(), this.#user()];
    const options = { ...this.#options(), seed: this.#random.integer(1, 1_000) };
    if (this.#isRoom()) for (const user of users) void this.#send(user, options);
  }

  /** One picture of each provider, for the first member. Resolves when all are sent and answered, or not. */
  async generateOfEach(): Promise<void> {
    const [user = ''] = this.#ids;
    for (const { options } of PROVIDERS) await this.#send(user, { prompt: this.#prompt(), ...options });
  }

  /** Any button of any card by anybody, now and then as a double click. */
  press(): void {
    const user = this.#user();
    const isDouble = this.#random.chance(0.2);
    const submits = this.#random.chance(SUBMIT_SHARE);
    const buttons = readChannel(this.#sandbox, [user]).flatMap(({ message }) =>
      [...buttonsOf(message)].flatMap(([label, customId]) => {
        const weight = PRESS_WEIGHTS[label];
        return weight === undefined ? [] : [{ weight, messageId: message.id, label, customId }];
      }),
    );
    if (buttons.length === 0) return;
    const { messageId, label, customId } = this.#random.pickRow(buttons);
    for (let clicks = 0; clicks < (isDouble ? 2 : 1); clicks++) {
      this.presses += 1;
      const pressed = this.#note(label, this.#sandbox.discord.press({ userId: user, messageId, customId }));
      if (submits) void pressed.then((outcome) => this.#submit(user, outcome));
    }
  }

  /** Other words in the form that a press opened; nothing for any other answer. */
  #submit(userId: string, opened: InteractionOutcome | null): void {
    if (opened?.status !== 'answered' || opened.modal === null) return;
    this.forms += 1;
    const { interactionId, modal } = opened;
    const values = { prompt: this.#prompt() };
    const sent = this.#sandbox.discord.submitModal({ userId, interactionId, customId: modal.custom_id, values });
    void this.#note('the form', sent);
  }

  /** The gateway delivers an earlier interaction once more. */
  replay(): void {
    const chosen = this.#random.pick(this.asked.slice(-REPLAYED_FROM_LAST));
    if (chosen === undefined) return;
    this.replays += 1;
    this.#sandbox.discord.replay(chosen.interactionId);
  }

  /** Resolves when every interaction that was sent has an outcome; Discord gives each within 3 seconds. */
  async settled(): Promise<void> {
    // A form that was opened is sent after its press was answered.
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  countOpenCards(): number {
    const cards = readChannel(this.#sandbox, this.#ids).map(readCard);
    return cards.filter((card) => card !== null && !FINAL_WORDS.has(card.word)).length;
  }

  #isRoom(): boolean {
    return this.countOpenCards() < MOST_OPEN;
  }

  #user(): string {
    return this.#random.pick(this.#ids) ?? '';
  }

  #options(): CommandOptions {
    const isPrivate = this.#random.chance(0.25);
    const { options } = this.#random.pickRow(PROVIDERS);
    return { prompt: this.#prompt(), ...(isPrivate ? { private: true } : {}), ...options };
  }

  #prompt(): string {
    return `a beautiful sunset over mountains, view ${++this.#pictures}`;
  }

  #send(userId: string, options: CommandOptions): Promise<unknown> {
    const channelId = this.#sandbox.discord.guilds[0]?.channels[0]?.id ?? '';
    return this.#note('generate', this.#sandbox.discord.runCommand({ userId, channelId, name: 'generate', options }));
  }

  /** null: nothing was sent, because the commands are not registered yet or the card changed under the finger. */
  #note(what: string, interaction: Promise<InteractionOutcome>): Promise<InteractionOutcome | null> {
    const sentAt = Date.now();
    const noted = interaction
      .catch(() => null)
      .then((outcome) => {
        if (outcome === null) return null;
        const { interactionId, status } = outcome;
        this.asked.push({ interactionId, what, outcome: status, sentAt });
        return outcome;
      });
    this.#pending.add(noted);
    void noted.finally(() => this.#pending.delete(noted));
    return noted;
  }
}
