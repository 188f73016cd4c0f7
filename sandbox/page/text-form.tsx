/** Plain text: a command's name with its list, a command written out, or a message with files. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PickedFile } from '../interface.ts';
import { Avatar } from './author.tsx';
import { findCommands, matchCommand, OPTION, splitOptions, type RunnableCommand } from './command-text.ts';
import { AttachButton, FileTray } from './file-tray.tsx';
import { Icon } from './icon.tsx';
import { usePage } from './page-context.ts';
import { entryId, moveActive, Popup } from './popup.tsx';

const POPUP_ID = 'command-list';
export const NO_COMMANDS = 'There are no commands here yet: the bot registers them when it starts.';

interface TextFormProps {
  text: string;
  channelName: string;
  commands: readonly RunnableCommand[];
  input: { current: HTMLTextAreaElement | null };
  isInvalid: boolean;
  tray: readonly PickedFile[];
  setTray(files: readonly PickedFile[]): void;
  take(files: readonly File[]): void;
  tell(sentence: string): void;
  change(text: string): void;
  pick(command: RunnableCommand): void;
  sendText(): void;
}

export function TextForm(props: TextFormProps): JSX.Element {
  const { text, channelName, commands, input, isInvalid, tray, setTray, take, tell, change, pick, sendText } = props;
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
      <FileTray files={tray} remove={(file) => setTray(tray.filter((other) => other !== file))} />
      <div class="composer-box">
        <AttachButton take={take} tell={tell} />
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
        <button
          type="button"
          class="icon-button"
          aria-label="Send"
          disabled={text.trim() === '' && tray.length === 0}
          onClick={sendText}
        >
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
