/** Commands, presses and forms of this user in this channel, and what comes of them. */
import { useCallback, useRef, useState } from 'preact/hooks';
import type { APIMessage } from 'discord-api-types/v10';
import type { CommandOptions, InteractionOutcome, ModalValue, PickedFile } from '../interface.ts';
import type { SandboxChannel, SandboxUser } from '../interface.ts';
import type { RunnableCommand } from './command-text.ts';
import type { Component } from './component-shape.ts';
import { call } from './connection.ts';
import type { OpenModal } from './modal.tsx';
import { NO_ANSWER, type Notice } from './notice.tsx';

export function useInteractions(user: SandboxUser, channel: SandboxChannel) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const [modal, setModal] = useState<OpenModal | null>(null);
  const lastNotice = useRef(0);
  /** How often this person sent something: the channel then shows its end. */
  const [sent, countSent] = useState(0);
  const dismissNotice = useCallback((id: number) => setNotices((all) => all.filter((notice) => notice.id !== id)), []);

  const showModal = (outcome: InteractionOutcome): void => {
    if (outcome.status !== 'answered' || outcome.modal === null) return;
    setModal({ interactionId: outcome.interactionId, modal: outcome.modal });
  };

  /** Shows `command` as on its way until there is an answer. Resolves with the refusal's sentence, or null. */
  const ask = async (command: string, outcomeOf: () => Promise<InteractionOutcome>): Promise<string | null> => {
    lastNotice.current += 1;
    const id = lastNotice.current;
    countSent((count) => count + 1);
    setNotices((all) => [...all, { id, channelId: channel.id, user, command, state: 'sending' }]);
    try {
      const outcome = await outcomeOf();
      showModal(outcome);
      if (outcome.status === 'answered') dismissNotice(id);
      else setNotices((all) => all.map((notice) => (notice.id === id ? { ...notice, state: 'no-answer' } : notice)));
      return null;
    } catch (error) {
      dismissNotice(id);
      return sentenceOf(error);
    }
  };

  const send = (command: RunnableCommand, options: CommandOptions): Promise<string | null> =>
    ask(command.title, () => call('command', { ...describeCommand(command, user, channel), options }));

  const runMessageCommand = useCallback(
    (message: APIMessage, name: string): Promise<string | null> =>
      ask(name, () => call('message-command', { userId: user.id, messageId: message.id, name })),
    [user.id, channel.id],
  );

  /** A message with files. Resolves with the refusal's sentence, or null. */
  const say = async (content: string, files: PickedFile[]): Promise<string | null> => {
    countSent((count) => count + 1);
    try {
      await call('post', { userId: user.id, channelId: channel.id, content, files });
      return null;
    } catch (error) {
      return sentenceOf(error);
    }
  };

  const press = useCallback(
    async (message: APIMessage, component: Component, values: string[] | undefined): Promise<string | null> => {
      const customId = component.custom_id ?? '';
      try {
        const outcome = await call('press', {
          userId: user.id,
          messageId: message.id,
          customId,
          ...(values === undefined ? {} : { values }),
        });
        showModal(outcome);
        return outcome.status === 'answered' ? null : NO_ANSWER;
      } catch (error) {
        return sentenceOf(error);
      }
    },
    [user.id],
  );

  const submitModal = async (customId: string, values: Record<string, ModalValue>): Promise<string | null> => {
    try {
      const interactionId = modal?.interactionId ?? '';
      const outcome = await call('modal', { userId: user.id, interactionId, customId, values });
      return outcome.status === 'answered' ? null : NO_ANSWER;
    } catch (error) {
      return sentenceOf(error);
    }
  };

  const complete = (command: RunnableCommand, options: CommandOptions, focused: string) =>
    call('autocomplete', { ...describeCommand(command, user, channel), options, focused });

  const closeModal = (): void => setModal(null);
  const ways = { send, say, runMessageCommand, press, submitModal, complete };
  return { notices, dismissNotice, modal, closeModal, sent, ...ways };
}

function describeCommand(command: RunnableCommand, user: SandboxUser, channel: SandboxChannel) {
  const { name, subcommand } = command;
  return { userId: user.id, channelId: channel.id, name, ...(subcommand === undefined ? {} : { subcommand }) };
}

export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
