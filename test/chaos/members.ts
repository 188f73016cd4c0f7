/** The members of the server: what they ask for and press while the bot dies and comes back. */
import type { CommandOptions, InteractionOutcome } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { buttonsOf } from '../end-to-end/world.ts';
import { FINAL_WORDS, readCard, readChannel } from './cards.ts';
import type { Random } from './random.ts';

/** An interaction that was sent, and what its member saw of it. */
export interface Asked {
  interactionId: string;
  outcome: InteractionOutcome['status'];
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
const PRESS_WEIGHTS: Readonly<Record<string, number>> = { Cancel: 20, Retry: 40, 'Fallback: local': 20, Again: 1 };

const ACTS: readonly Act[] = [
  { weight: 6, run: (members) => members.generate() },
  { weight: 1, run: (members) => members.generateTwins() },
  { weight: 3, run: (members) => members.press() },
  { weight: 1, run: (members) => members.replay() },
];

export class Members {
  readonly asked: Asked[] = [];
  readonly #sandbox: Sandbox;
  readonly #random: Random;
  readonly #ids: readonly string[];
  readonly #pending = new Set<Promise<void>>();
  #pictures = 0;
  replays = 0;
  presses = 0;

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
    if (this.#isRoom()) this.#send(user, options);
  }

  /** Two members ask for the very same picture at once: equal requests must not take each other's work. */
  generateTwins(): void {
    const users = [this.#user(), this.#user()];
    const options = { ...this.#options(), seed: this.#random.integer(1, 1_000) };
    if (this.#isRoom()) for (const user of users) this.#send(user, options);
  }

  /** Any button of any card by anybody, now and then as a double click. */
  press(): void {
    const user = this.#user();
    const isDouble = this.#random.chance(0.2);
    const buttons = readChannel(this.#sandbox, [user]).flatMap(({ message }) =>
      [...buttonsOf(message)].flatMap(([label, customId]) => {
        const weight = PRESS_WEIGHTS[label];
        return weight === undefined ? [] : [{ weight, messageId: message.id, customId }];
      }),
    );
    if (buttons.length === 0) return;
    const { messageId, customId } = this.#random.pickRow(buttons);
    for (let clicks = 0; clicks < (isDouble ? 2 : 1); clicks++) {
      this.presses += 1;
      this.#note(this.#sandbox.discord.press({ userId: user, messageId, customId }));
    }
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
    await Promise.all(this.#pending);
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
    const prompt = `a beautiful sunset over mountains, view ${++this.#pictures}`;
    const isPrivate = this.#random.chance(0.25);
    const isLocal = this.#random.chance(0.12);
    return { prompt, ...(isPrivate ? { private: true } : {}), ...(isLocal ? { provider: 'local' } : {}) };
  }

  #send(userId: string, options: CommandOptions): void {
    const channelId = this.#sandbox.discord.guilds[0]?.channels[0]?.id ?? '';
    this.#note(this.#sandbox.discord.runCommand({ userId, channelId, name: 'generate', options }));
  }

  #note(interaction: Promise<InteractionOutcome>): void {
    const noted = interaction.then(
      ({ interactionId, status }) => void this.asked.push({ interactionId, outcome: status }),
      // The commands are not registered yet, or the card changed under the finger: nothing was sent.
      () => undefined,
    );
    this.#pending.add(noted);
    void noted.finally(() => this.#pending.delete(noted));
  }
}
