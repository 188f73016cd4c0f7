/**
 * Where commands are typed. Two forms: plain text (`/generate prompt: a cat`), read when it is sent (text-form.tsx),
 * and a command picked from the list, with a field for each option (command-form.tsx). Files go to the options of a
 * picked command; without one they go out as a message.
 */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CommandOptions, PickedFile } from '../interface.ts';
import { CommandForm, type Draft } from './command-form.tsx';
import { matchCommand, OPTION, readOptions, splitOptions } from './command-text.ts';
import type { Choice, RunnableCommand, WrittenOption } from './command-text.ts';
import { usePage } from './page-context.ts';
import { filesOf, readPickedFile } from './picked-file.ts';
import { NO_COMMANDS, TextForm } from './text-form.tsx';

export interface ComposerProps {
  channelName: string;
  commands: readonly RunnableCommand[];
  /** Text to put in, a new object each time. */
  fill: { text: string } | null;
  /** Files dropped onto the channel, a new object each time. */
  dropped: { files: readonly File[] } | null;
  /** Resolves with the refusal's sentence, or null when the command went out. */
  send(command: RunnableCommand, options: CommandOptions): Promise<string | null>;
  /** Sends a message with files; resolves as `send`. */
  say(content: string, files: PickedFile[]): Promise<string | null>;
  complete(command: RunnableCommand, options: CommandOptions, focused: string): Promise<Choice[]>;
}

const NOT_A_COMMAND = 'This channel is for slash commands: type /';
/** Discord's most in one message. */
const MOST_FILES = 10;

export function Composer(props: ComposerProps): JSX.Element {
  const { channelName, commands, fill, dropped, send, say, complete } = props;
  const { largestFileBytes } = usePage();
  const [text, setText] = useState('');
  const [draft, setDraft] = useState<Draft | null>(null);
  const [tray, setTray] = useState<readonly PickedFile[]>([]);
  const [trouble, setTrouble] = useState<string | null>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const focusNext = useRef(false);

  useLayoutEffect(() => {
    if (fill === null) return;
    setDraft(null);
    setTrouble(null);
    setText(fill.text);
    input.current?.focus();
  }, [fill]);

  useLayoutEffect(() => {
    if (draft !== null || !focusNext.current) return;
    focusNext.current = false;
    input.current?.focus();
  }, [draft]);

  const takeFiles = (files: readonly File[]): void => {
    setTrouble(null);
    Promise.all(files.map((file) => readPickedFile(file, largestFileBytes))).then(
      (read) => {
        if (draft === null) return setTray((before) => [...before, ...read].slice(-MOST_FILES));
        const filled = giveFiles(draft, read);
        if (filled === draft) return setTrouble(`${draft.command.title} takes no further file.`);
        return setDraft(filled);
      },
      (error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)),
    );
  };
  useLayoutEffect(() => {
    if (dropped !== null) takeFiles(dropped.files);
  }, [dropped]);

  const toText = (words: string): void => {
    focusNext.current = true;
    setText(words);
    setDraft(null);
    setTrouble(null);
  };

  /** Empties the composer at once, as Discord does, and gives back what was typed when it was refused. */
  const sendCommand = (command: RunnableCommand, read: () => CommandOptions): void => {
    let options: CommandOptions;
    try {
      options = read();
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
      return;
    }
    const before = { text, draft, tray };
    toText('');
    setTray([]);
    void send(command, options).then((refusal) => {
      if (refusal === null) return;
      setTrouble(refusal);
      setText((now) => (now === '' ? before.text : now));
      setDraft((now) => now ?? before.draft);
      setTray((now) => (now.length === 0 ? before.tray : now));
    });
  };

  const sendMessage = (content: string): void => {
    const files = [...tray];
    toText('');
    setTray([]);
    void say(content, files).then((refusal) => {
      if (refusal === null) return;
      setTrouble(refusal);
      setText((now) => (now === '' ? content : now));
      setTray(files);
    });
  };

  const sendText = (): void => {
    const typed = text.trim();
    if (typed === '' && tray.length === 0) return;
    const match = matchCommand(commands, typed);
    if (match !== undefined) {
      const { command, rest } = match;
      sendCommand(command, () => readOptions(command, [...splitOptions(command, rest), ...asOptions(command, tray)]));
    } else if (typed.startsWith('/')) {
      setTrouble(commands.length === 0 ? NO_COMMANDS : `There is no command ${typed.split(/\s/u)[0]} here.`);
    } else if (tray.length > 0) sendMessage(typed);
    else setTrouble(NOT_A_COMMAND);
  };

  return (
    <div
      class="composer"
      onPaste={(event) => {
        const pasted = filesOf(event.clipboardData);
        if (pasted.length === 0) return;
        event.preventDefault();
        takeFiles(pasted);
      }}
    >
      {draft === null ? (
        <TextForm
          {...{ text, channelName, commands, input, tray, setTray, sendText }}
          take={takeFiles}
          tell={setTrouble}
          isInvalid={trouble !== null}
          change={(words) => {
            setText(words);
            setTrouble(null);
          }}
          pick={(command) => {
            setTrouble(null);
            const shown = command.options.filter((option) => option.required).map(({ name }) => name);
            const picked = giveFiles({ command, values: {}, shown }, tray);
            setDraft(picked);
            setTray(tray.slice(Object.keys(picked.values).length));
          }}
        />
      ) : (
        <CommandForm
          draft={draft}
          change={(changed) => {
            setDraft(changed);
            setTrouble(null);
          }}
          leave={toText}
          send={(written) => sendCommand(draft.command, () => readOptions(draft.command, written))}
          complete={complete}
        />
      )}
      <ComposerNote text={draft === null && tray.length === 0 ? text : ''} trouble={trouble} />
    </div>
  );
}

function ComposerNote({ text, trouble }: { text: string; trouble: string | null }): JSX.Element {
  if (trouble !== null) {
    return (
      <p class="composer-note trouble" role="alert" dir="auto">
        {trouble}
      </p>
    );
  }
  const isProse = text.trim() !== '' && !text.trimStart().startsWith('/');
  return (
    <p class="composer-note" role="status">
      {isProse ? NOT_A_COMMAND : ''}
    </p>
  );
}

/** With the files in the options that take one and have none, in their order; hidden options come into view. */
function giveFiles(draft: Draft, files: readonly PickedFile[]): Draft {
  const open = draft.command.options.filter(
    ({ type, name }) => type === OPTION.attachment && draft.values[name]?.file === undefined,
  );
  const filled = open.slice(0, files.length).flatMap(({ name }, index) => {
    const file = files[index];
    return file === undefined ? [] : [{ name, given: { text: '', file } }];
  });
  if (filled.length === 0) return draft;
  const values = Object.fromEntries(filled.map(({ name, given }) => [name, given]));
  const shown = [...new Set([...draft.shown, ...filled.map(({ name }) => name)])];
  return { ...draft, shown, values: { ...draft.values, ...values } };
}

/** The same of a command that was written out. Throws a sentence when a file is left over. */
function asOptions(command: RunnableCommand, files: readonly PickedFile[]): WrittenOption[] {
  const open = command.options.filter(({ type }) => type === OPTION.attachment);
  if (files.length > open.length) {
    throw new Error(`${command.title} takes ${open.length === 0 ? 'no file' : `${open.length} at most`}.`);
  }
  return files.flatMap((file, index) => {
    const option = open[index];
    return option === undefined ? [] : [{ option, text: file.name, file }];
  });
}
