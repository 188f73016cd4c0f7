/**
 * Where commands are typed. Two forms: plain text (`/generate prompt: a cat`), read when it is sent, and a
 * command picked from the list, with a field for each option (command-form.tsx).
 */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CommandOptions } from '../interface.ts';
import { Avatar } from './author.tsx';
import { CommandForm, type Draft } from './command-form.tsx';
import { findCommands, matchCommand, OPTION, readOptions, splitOptions } from './command-text.ts';
import type { Choice, RunnableCommand } from './command-text.ts';
import { Icon } from './icon.tsx';
import { usePage } from './page-context.ts';
import { filesOf, readPickedFile } from './picked-file.ts';
import { entryId, moveActive, Popup } from './popup.tsx';

export interface ComposerProps {
  channelName: string;
  commands: readonly RunnableCommand[];
  /** Text to put in, a new object each time. */
  fill: { text: string } | null;
  /** Files dropped onto the channel, a new object each time. */
  dropped: { files: readonly File[] } | null;
  /** Resolves with the refusal's sentence, or null when the command went out. */
  send(command: RunnableCommand, options: CommandOptions): Promise<string | null>;
  complete(command: RunnableCommand, options: CommandOptions, focused: string): Promise<Choice[]>;
}

const NOT_A_COMMAND = 'This channel is for slash commands: type /';
const POPUP_ID = 'command-list';

export function Composer({ channelName, commands, fill, dropped, send, complete }: ComposerProps): JSX.Element {
  const [text, setText] = useState('');
  const [draft, setDraft] = useState<Draft | null>(null);
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

  /** Gives the files to the options that take one, in their order; hidden options come into view. */
  const takeFiles = (files: readonly File[]): void => {
    setTrouble(null);
    Promise.all(files.map(readPickedFile)).then(
      (read) => {
        if (draft === null) return setTrouble('Pick a command that takes a file first: type /');
        const open = draft.command.options.filter(
          ({ type, name }) => type === OPTION.attachment && draft.values[name]?.file === undefined,
        );
        const filled = open.slice(0, read.length).map(({ name }, index) => ({ name, file: read[index] }));
        if (filled.length === 0) return setTrouble(`${draft.command.title} takes no further file.`);
        const given = filled.flatMap(({ name, file }) => (file === undefined ? [] : [[name, { text: '', file }]]));
        const shown = [...new Set([...draft.shown, ...filled.map(({ name }) => name)])];
        return setDraft({ ...draft, shown, values: { ...draft.values, ...Object.fromEntries(given) } });
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
    const before = { text, draft };
    toText('');
    void send(command, options).then((refusal) => {
      if (refusal === null) return;
      setTrouble(refusal);
      setText((now) => (now === '' ? before.text : now));
      setDraft((now) => now ?? before.draft);
    });
  };

  const sendText = (): void => {
    const typed = text.trim();
    if (typed === '') return;
    const match = matchCommand(commands, typed);
    if (match !== undefined) {
      sendCommand(match.command, () => readOptions(match.command, splitOptions(match.command, match.rest)));
    } else if (typed.startsWith('/')) {
      setTrouble(commands.length === 0 ? NO_COMMANDS : `There is no command ${typed.split(/\s/u)[0]} here.`);
    } else setTrouble(NOT_A_COMMAND);
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
          {...{ text, channelName, commands, input, sendText }}
          isInvalid={trouble !== null}
          change={(words) => {
            setText(words);
            setTrouble(null);
          }}
          pick={(command) => {
            setTrouble(null);
            setDraft({ command, values: {}, shown: command.options.filter((o) => o.required).map((o) => o.name) });
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
      <ComposerNote text={draft === null ? text : ''} trouble={trouble} />
    </div>
  );
}

const NO_COMMANDS = 'There are no commands here yet: the bot registers them when it starts.';

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

interface TextFormProps {
  text: string;
  channelName: string;
  commands: readonly RunnableCommand[];
  input: { current: HTMLTextAreaElement | null };
  isInvalid: boolean;
  change(text: string): void;
  pick(command: RunnableCommand): void;
  sendText(): void;
}

function TextForm(props: TextFormProps): JSX.Element {
  const { text, channelName, commands, input, isInvalid, change, pick, sendText } = props;
  const { users } = usePage();
  const bot = users.find((user) => user.isBot);
  // Both hold for the text they were made for: typing on opens the list again, at its first entry.
  const [moved, setMoved] = useState({ text: '', active: 0 });
  const [closedText, setClosedText] = useState<string | null>(null);
  const match = matchCommand(commands, text);
  const isNaming = text.startsWith('/') && (match === undefined || match.command.title === text);
  const found = isNaming ? findCommands(commands, text) : [];
  const isOpen = isNaming && closedText !== text && (found.length > 0 || commands.length === 0);
  const highlighted = Math.min(moved.text === text ? moved.active : 0, found.length - 1);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const chosen = isOpen ? found[highlighted] : undefined;
    if (event.key === 'Escape' && isOpen) setClosedText(text);
    else if (chosen !== undefined && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      setMoved({ text, active: moveActive(highlighted, event.key === 'ArrowDown' ? 1 : -1, found.length) });
    } else if (chosen !== undefined && ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab'))
      pick(chosen);
    else if (event.key === 'Enter' && !event.shiftKey) sendText();
    else return;
    event.preventDefault();
  };

  return (
    <>
      {isOpen && (
        <Popup
          id={POPUP_ID}
          label="Commands"
          active={highlighted}
          entries={found.map(({ title, description }) => ({
            key: title,
            title,
            description,
            picture: bot && <Avatar user={bot} />,
          }))}
          pick={(index) => {
            const command = found[index];
            if (command !== undefined) pick(command);
          }}
        >
          <p class="popup-title">{commands.length === 0 ? NO_COMMANDS : (bot?.globalName ?? 'Commands')}</p>
        </Popup>
      )}
      {match !== undefined && !isNaming && (
        <OptionHints
          command={match.command}
          rest={match.rest}
          append={(name) => {
            change(`${text.trimEnd()} ${name}: `);
            input.current?.focus();
          }}
        />
      )}
      <div class="composer-box">
        <textarea
          ref={input}
          rows={1}
          dir="auto"
          aria-label="Message"
          aria-autocomplete="list"
          aria-invalid={isInvalid}
          placeholder={`Type / to use a command in #${channelName}`}
          value={text}
          onInput={(event) => {
            const typed = event.currentTarget.value;
            // A space after the whole name picks the command, as on Discord; pasted text is read when it is sent.
            const isSpaceTyped = event.inputType === 'insertText' && event.data === ' ';
            const named = isSpaceTyped ? commands.find(({ title }) => `${title} ` === typed) : undefined;
            if (named === undefined) change(typed);
            else pick(named);
          }}
          onKeyDown={onKeyDown}
          {...(isOpen && found.length > 0
            ? { 'aria-controls': POPUP_ID, 'aria-activedescendant': entryId(POPUP_ID, highlighted) }
            : {})}
        />
        <button type="button" class="icon-button" aria-label="Send" disabled={text.trim() === ''} onClick={sendText}>
          <Icon name="send" />
        </button>
      </div>
    </>
  );
}

interface OptionHintsProps {
  command: RunnableCommand;
  rest: string;
  append(name: string): void;
}

/** What else the typed command takes, and the values of the option that is being typed. */
function OptionHints({ command, rest, append }: OptionHintsProps): JSX.Element | null {
  const written = splitOptions(command, rest).map(({ option }) => option.name);
  const last = /(?:^|\s)([\p{L}\p{N}_-]{1,32}):\s*\S*$/u.exec(rest)?.[1];
  const current = command.options.find(({ name }) => name === last);
  const left = command.options.filter(({ name }) => !written.includes(name) && name !== last);
  return (
    <div class="popup">
      <p class="popup-title">
        <strong>{command.title}</strong> {current === undefined ? command.description : current.description}
      </p>
      {current !== undefined && current.choices.length > 0 && (
        <p class="hint-values">{current.choices.map(({ name }) => name).join(' · ')}</p>
      )}
      {left.length > 0 && (
        <div class="chips">
          {left.map((option) => (
            <button
              key={option.name}
              type="button"
              disabled={option.type === OPTION.attachment}
              class={`chip${option.required ? ' is-required' : ''}`}
              title={option.description}
              onClick={() => append(option.name)}
            >
              {option.name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
