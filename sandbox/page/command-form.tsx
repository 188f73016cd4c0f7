/** A picked command: required options at once, the others behind `+N more`. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CommandOptions } from '../interface.ts';
import { OPTION } from './command-text.ts';
import type { Choice, CommandOption, RunnableCommand, WrittenOption } from './command-text.ts';
import { FileOption } from './file-option.tsx';
import { Icon } from './icon.tsx';
import { OptionField, type DraftValue, type FieldProps } from './option-field.tsx';

export interface Draft {
  command: RunnableCommand;
  values: Readonly<Record<string, DraftValue>>;
  /** Names of the options that have a field, in the order they were added. */
  shown: readonly string[];
}

export interface CommandFormProps {
  draft: Draft;
  change(draft: Draft): void;
  /** Back to plain text. */
  leave(text: string): void;
  send(written: WrittenOption[]): void;
  complete(command: RunnableCommand, options: CommandOptions, focused: string): Promise<Choice[]>;
}

export function CommandForm({ draft, change, leave, send, complete }: CommandFormProps): JSX.Element {
  const { command, values, shown } = draft;
  const fields = useRef(new Map<string, HTMLElement>());
  const more = useRef<HTMLButtonElement>(null);
  const sender = useRef<HTMLButtonElement>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const [toFocus, setToFocus] = useState<string | null>(shown[0] ?? SEND);
  const [isMoreOpen, openMore] = useState(false);
  useLayoutEffect(() => {
    if (toFocus === null) return;
    setToFocus(null);
    if (toFocus === SEND) sender.current?.focus();
    else (toFocus === MORE ? more.current : fields.current.get(toFocus))?.focus();
  }, [toFocus]);

  const fieldOptions = shown.flatMap((name) => command.options.find((option) => option.name === name) ?? []);
  const left = command.options.filter(({ name }) => !shown.includes(name));
  const written = (): WrittenOption[] =>
    fieldOptions.flatMap((option) => {
      const given = values[option.name];
      if (given?.file !== undefined) return [{ option, text: given.file.name, file: given.file }];
      return given === undefined || given.text.trim() === ''
        ? []
        : [{ option, text: given.value ?? given.text.trim() }];
    });
  const move = (name: string, step: 1 | -1): void => {
    const next = shown[shown.indexOf(name) + step];
    if (next !== undefined) setToFocus(next);
    else if (step === 1 && left.length > 0) setToFocus(MORE);
  };
  const remove = (option: CommandOption): void => {
    const index = shown.indexOf(option.name);
    if (option.required && index === 0) return leave(command.title);
    if (!option.required) {
      const { [option.name]: _gone, ...kept } = values;
      change({ ...draft, values: kept, shown: shown.filter((name) => name !== option.name) });
    }
    return setToFocus(shown[Math.max(index - 1, 0)] ?? SEND);
  };

  /** A command without a field has none to type in: what is typed goes on as text behind its name. */
  const goOnTyping = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') return leave('');
    const isText = event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isText || shown.length > 0) return;
    event.preventDefault();
    leave(`${command.title} ${event.key}`);
  };

  /** `seed:` typed at the end of a text goes on in that option, as on Discord. Returns whether it did. */
  const goToNamed = (option: CommandOption, text: string): boolean => {
    const name = /(?:^|\s)([\p{L}\p{N}_-]{1,32}):$/u.exec(text)?.[1];
    const named = command.options.find((other) => other.name === name);
    if (name === undefined || named === undefined) return false;
    const kept = text.slice(0, text.length - name.length - 1).trimEnd();
    const isEmpty = (values[name]?.text ?? '') === '' && values[name]?.file === undefined;
    if (named === option ? kept !== '' : !isEmpty) return false;
    const picked = values[option.name];
    change({
      ...draft,
      // What was picked from a list stays what it is, not what it is called.
      values: { ...values, [option.name]: picked?.text === kept ? picked : { text: kept } },
      shown: shown.includes(name) ? shown : [...shown, name],
    });
    setToFocus(name);
    return true;
  };

  return (
    <>
      {isMoreOpen && (
        <MoreOptions
          options={left}
          add={(name) => {
            openMore(false);
            change({ ...draft, shown: [...shown, name] });
            setToFocus(name);
          }}
          close={() => {
            openMore(false);
            setToFocus(MORE);
          }}
        />
      )}
      <div class="composer-box" role="group" aria-label={command.title}>
        <div class="pills">
          <strong class="command-title">{command.title}</strong>
          {fieldOptions.map((option) => {
            const common: FieldProps = {
              option,
              given: values[option.name] ?? { text: '' },
              isFocused: focused === option.name && !isMoreOpen,
              keep: (element) => {
                if (element === null) fields.current.delete(option.name);
                else fields.current.set(option.name, element);
              },
              focus: (isFocused) => setFocused(isFocused ? option.name : null),
              set: (value) => change({ ...draft, values: { ...values, [option.name]: value } }),
              send: () => send(written()),
              leave: () => leave(''),
              remove: () => remove(option),
              move: (step) => move(option.name, step),
            };
            if (option.type === OPTION.attachment) return <FileOption key={option.name} {...common} />;
            return (
              <OptionField
                key={option.name}
                {...common}
                goToNamed={(text) => goToNamed(option, text)}
                complete={() => complete(command, draftOptions(written()), option.name)}
              />
            );
          })}
          {left.length > 0 && (
            <button
              ref={more}
              type="button"
              class="chip"
              aria-expanded={isMoreOpen}
              onClick={() => openMore(!isMoreOpen)}
              onKeyDown={goOnTyping}
            >
              +{left.length} more
            </button>
          )}
        </div>
        <button
          ref={sender}
          type="button"
          class="icon-button"
          aria-label="Send"
          onClick={() => send(written())}
          onKeyDown={goOnTyping}
        >
          <Icon name="send" />
        </button>
      </div>
    </>
  );
}

const MORE = '+';
const SEND = '>';

/** As far as it was typed: an autocomplete is asked about values that may not be right yet, and about no files. */
function draftOptions(written: readonly WrittenOption[]): CommandOptions {
  return Object.fromEntries(
    written.flatMap(({ option, text, file }) => {
      const found = option.choices.find(({ name }) => name === text);
      return file === undefined ? [[option.name, found?.value ?? text]] : [];
    }),
  );
}

interface MoreOptionsProps {
  options: readonly CommandOption[];
  add(name: string): void;
  close(): void;
}

function MoreOptions({ options, add, close }: MoreOptionsProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const focusAt = (index: number): void => {
    const button = list.current?.children[(index + options.length) % options.length];
    if (button instanceof HTMLElement) button.focus();
  };
  useLayoutEffect(() => focusAt(0), []);
  return (
    <div class="popup">
      <p class="popup-title">Options</p>
      <div ref={list} class="popup-buttons">
        {options.map((option, index) => (
          <button
            key={option.name}
            type="button"
            onClick={() => add(option.name)}
            onKeyDown={(event) => {
              if (event.key === 'ArrowDown') focusAt(index + 1);
              else if (event.key === 'ArrowUp') focusAt(index - 1);
              else if (event.key === 'Escape') close();
              else return;
              event.preventDefault();
            }}
          >
            <strong>{option.name}</strong>
            <span>{option.description}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
