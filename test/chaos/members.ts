/** The members of the server: who they are, what they see, and how what they ask is sent and noted. */
import type { CommandOptions, InteractionOutcome, ModalValue, SandboxMessage } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { FINAL_WORDS, isComing, readCard, readChannel } from './cards.ts';
import type { Random } from './random.ts';
import { selectsOf } from './selects.ts';

/** An interaction that was sent, and what its member saw of it. */
export interface Asked {
  interactionId: string;
  /** The command, the button's label, or what was filled in or chosen. */
  what: string;
  outcome: InteractionOutcome['status'];
  /** Of the message it was answered with; null: there is none. */
  messageId: string | null;
  /** As `Date.now()` tells it. */
  sentAt: number;
}

/** A component of a message that somebody uses. */
export interface Use {
  userId: string;
  messageId: string;
  customId: string;
  /** Of a select. */
  values?: string[];
}

const CROWD = 4;
/** Beyond so many unfinished cards nobody asks for more. */
const MOST_OPEN = 10;
const REPLAYED_FROM_LAST = 40;

export class Members {
  readonly asked: Asked[] = [];
  readonly sandbox: Sandbox;
  readonly random: Random;
  readonly ids: readonly string[];
  readonly #pending = new Set<Promise<unknown>>();
  #prompts = 0;
  replays = 0;
  presses = 0;
  forms = 0;
  choices = 0;

  constructor(sandbox: Sandbox, random: Random) {
    this.sandbox = sandbox;
    this.random = random;
    const { member, member2, moderator } = sandbox.discord.users;
    this.ids = [member, member2, moderator, ...sandbox.discord.crowd(CROWD)].map(({ id }) => id);
  }

  anyone(): string {
    return this.random.pick(this.ids) ?? '';
  }

  /** One that nobody had before. */
  prompt(what = 'a beautiful sunset over mountains'): string {
    return `${what}, view ${++this.#prompts}`;
  }

  /** null: nothing was sent, because the commands are not registered yet. So with all that are sent. */
  command(userId: string, name: string, options: CommandOptions): Promise<InteractionOutcome | null> {
    const channelId = this.sandbox.discord.guilds[0]?.channels[0]?.id ?? '';
    return this.#note(name, this.sandbox.discord.runCommand({ userId, channelId, name, options }));
  }

  menu(userId: string, name: string, messageId: string): Promise<InteractionOutcome | null> {
    return this.#note(name, this.sandbox.discord.runMessageCommand({ userId, messageId, name }));
  }

  press(label: string, use: Use): Promise<InteractionOutcome | null> {
    this.presses += 1;
    return this.#note(label, this.sandbox.discord.press(use));
  }

  choose(use: Use): Promise<InteractionOutcome | null> {
    this.choices += 1;
    return this.#note('a choice', this.sandbox.discord.press(use));
  }

  /** Other words in the form that an interaction opened; nothing for any other answer. */
  async fillIn(userId: string, opened: InteractionOutcome | null): Promise<void> {
    if (opened?.status !== 'answered' || opened.modal === null) return;
    this.forms += 1;
    const { interactionId, modal } = opened;
    const values: Record<string, ModalValue> = {};
    // A listing has a title in place of a prompt; what else there is keeps what the form opened with.
    for (const field of ['prompt', 'title']) {
      if (JSON.stringify(modal).includes(`"custom_id":"${field}"`)) values[field] = this.prompt();
    }
    const sent = this.sandbox.discord.submitModal({ userId, interactionId, customId: modal.custom_id, values });
    await this.#note('the form', sent);
  }

  /** The gateway delivers an earlier interaction once more. */
  replay(): void {
    const chosen = this.random.pick(this.asked.slice(-REPLAYED_FROM_LAST));
    if (chosen === undefined) return;
    this.replays += 1;
    this.sandbox.discord.replay(chosen.interactionId);
  }

  /** Resolves when every interaction that was sent has an outcome; Discord gives each within 3 seconds. */
  async settled(): Promise<void> {
    // A form that was opened is sent after its press was answered.
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** What waits for its viewer's choice, oldest first. */
  listSelects(): Required<Use>[] {
    const selects = readChannel(this.sandbox, this.ids).flatMap(({ message, ephemeralFor }) =>
      selectsOf(message).flatMap(({ customId, values }) =>
        ephemeralFor === null ? [] : [{ userId: ephemeralFor, messageId: message.id, customId, values }],
      ),
    );
    return selects.toSorted((one, other) => (BigInt(one.messageId) < BigInt(other.messageId) ? -1 : 1));
  }

  /** Messages whose end has not come, cards and others. */
  countUnfinished(): number {
    const messages = readChannel(this.sandbox, this.ids);
    return messages.filter((message) => isComing(message) || isOpenCard(message)).length;
  }

  isRoom(): boolean {
    return readChannel(this.sandbox, this.ids).filter(isOpenCard).length < MOST_OPEN;
  }

  #note(what: string, interaction: Promise<InteractionOutcome>): Promise<InteractionOutcome | null> {
    const sentAt = Date.now();
    const noted = interaction
      .catch(() => null)
      .then((outcome) => {
        if (outcome === null) return null;
        const { interactionId, status } = outcome;
        const messageId = outcome.status === 'answered' ? outcome.messageId : null;
        this.asked.push({ interactionId, what, outcome: status, messageId, sentAt });
        return outcome;
      });
    this.#pending.add(noted);
    void noted.finally(() => this.#pending.delete(noted));
    return noted;
  }
}

function isOpenCard(message: SandboxMessage): boolean {
  const card = readCard(message);
  return card !== null && !FINAL_WORDS.has(card.word);
}
