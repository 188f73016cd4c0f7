/** A picked command: required options at once, the others behind `+N more`. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CommandOptions } from '../interface.ts';
import { OPTION, type Choice, type CommandOption, type RunnableCommand, type WrittenOption } from './command-text.ts';
import { Icon } from './icon.tsx';
import { entryId, moveActive, Popup } from './popup.tsx';

/** What stands in an option's field; `value` where a choice of another name was picked. */
export interface DraftValue {
  text: string;
  value?: string;
}

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

const POPUP_ID = 'option-choices';
/** Between the last key and the question, so that fast typing asks once. */
const COMPLETE_AFTER_MS = 200;

export function CommandForm({ draft, change, leave, send, complete }: CommandFormProps): JSX.Element {
  const { command, values, shown } = draft;
  const fields = useRef(new Map<string, HTMLTextAreaElement>());
  const more = useRef<HTMLButtonElement>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const [toFocus, setToFocus] = useState<string | null>(shown[0] ?? MORE);
  const [isMoreOpen, openMore] = useState(false);
  useLayoutEffect(() => {
    if (toFocus === null) return;
    setToFocus(null);
    (toFocus === MORE ? more.current : fields.current.get(toFocus))?.focus();
  }, [toFocus]);

  const fieldOptions = shown.flatMap((name) => command.options.find((option) => option.name === name) ?? []);
  const left = command.options.filter(({ name }) => !shown.includes(name));
  const written = (): WrittenOption[] =>
    fieldOptions.flatMap((option) => {
      const given = values[option.name];
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
    return setToFocus(shown[Math.max(index - 1, 0)] ?? MORE);
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
          {fieldOptions.map((option) => (
            <OptionField
              key={option.name}
              option={option}
              given={values[option.name] ?? { text: '' }}
              isFocused={focused === option.name && !isMoreOpen}
              keep={(element) => {
                if (element === null) fields.current.delete(option.name);
                else fields.current.set(option.name, element);
              }}
              focus={(isFocused) => setFocused(isFocused ? option.name : null)}
              set={(value) => change({ ...draft, values: { ...values, [option.name]: value } })}
              send={() => send(written())}
              leave={() => leave('')}
              remove={() => remove(option)}
              move={(step) => move(option.name, step)}
              complete={() => complete(command, draftOptions(written()), option.name)}
            />
          ))}
          {left.length > 0 && (
            <button
              ref={more}
              type="button"
              class="chip"
              aria-expanded={isMoreOpen}
              onClick={() => openMore(!isMoreOpen)}
              onKeyDown={(event) => {
                if (event.key === 'Escape') leave('');
              }}
            >
              +{left.length} more
            </button>
          )}
        </div>
        <button type="button" class="icon-button" aria-label="Send" onClick={() => send(written())}>
          <Icon name="send" />
        </button>
      </div>
    </>
  );
}

const MORE = '+';

/** As far as it was typed: an autocomplete is asked about values that may not be right yet. */
function draftOptions(written: readonly WrittenOption[]): CommandOptions {
  return Object.fromEntries(
    written.map(({ option, text }) => {
      const found = option.choices.find(({ name }) => name === text);
      return [option.name, found?.value ?? text];
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

interface OptionFieldProps {
  option: CommandOption;
  given: DraftValue;
  isFocused: boolean;
  keep(element: HTMLTextAreaElement | null): void;
  focus(isFocused: boolean): void;
  set(value: DraftValue): void;
  send(): void;
  leave(): void;
  /** Backspace in an empty field. */
  remove(): void;
  move(step: 1 | -1): void;
  complete(): Promise<Choice[]>;
}

function OptionField(props: OptionFieldProps): JSX.Element {
  const { option, given, isFocused, keep, focus, set, send, leave, remove, move } = props;
  const { choices, note } = useChoices(props);
  const [active, setActive] = useState(-1);
  const [isClosed, closeList] = useState(false);
  const isChosen = given.value !== undefined || choices.some(({ name }) => name === given.text);
  const isOpen = isFocused && !isClosed && !isChosen && choices.length > 0;
  // Of fixed choices one must be taken, so the first is ready; a suggestion is only offered.
  const highlighted = isOpen ? Math.min(active === -1 && !option.autocomplete ? 0 : active, choices.length - 1) : -1;
  const pick = (choice: Choice | undefined): void => {
    if (choice === undefined) return;
    set({ text: choice.name, value: String(choice.value) });
    closeList(true);
  };

  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }): void => {
    if (event.isComposing) return;
    const { selectionStart, selectionEnd, value } = event.currentTarget;
    const isCaret = selectionStart === selectionEnd;
    const isArrow = event.key === 'ArrowDown' || event.key === 'ArrowUp';
    if (isArrow && isOpen) setActive(moveActive(highlighted, event.key === 'ArrowDown' ? 1 : -1, choices.length));
    else if (event.key === 'Enter' && highlighted >= 0) pick(choices[highlighted]);
    else if (event.key === 'Enter') send();
    else if (event.key === 'Escape' && isOpen) closeList(true);
    else if (event.key === 'Escape') leave();
    else if (event.key === 'Backspace' && value === '') remove();
    else if (event.key === 'ArrowRight' && isCaret && selectionEnd === value.length) move(1);
    else if (event.key === 'ArrowLeft' && isCaret && selectionStart === 0) move(-1);
    else {
      if (event.key === 'Tab' && !event.shiftKey && highlighted >= 0) pick(choices[highlighted]);
      return;
    }
    event.preventDefault();
  };

  return (
    <>
      {isFocused && (
        <Popup
          id={POPUP_ID}
          label={`Choices of ${option.name}`}
          active={highlighted}
          entries={isOpen ? choices.map((choice) => toEntry(choice)) : []}
          pick={(index) => pick(choices[index])}
        >
          <p class="popup-title">
            <strong>{option.name}</strong> {option.description}
          </p>
          {note !== null && !isChosen && <p class="hint-values">{note}</p>}
        </Popup>
      )}
      <label class="pill">
        <span class="pill-name">{option.name}</span>
        <textarea
          ref={keep}
          rows={1}
          dir="auto"
          aria-label={option.name}
          aria-required={option.required}
          inputMode={option.type === OPTION.integer ? 'numeric' : option.type === OPTION.number ? 'decimal' : 'text'}
          value={given.text}
          onFocus={() => focus(true)}
          onBlur={() => focus(false)}
          onInput={(event) => {
            closeList(false);
            setActive(-1);
            // A command's text has no line ends.
            set({ text: event.currentTarget.value.replace(/\s*\n\s*/gu, ' ') });
          }}
          onKeyDown={onKeyDown}
          {...(isOpen ? { 'aria-controls': POPUP_ID, 'aria-autocomplete': 'list' } : {})}
          {...(highlighted >= 0 ? { 'aria-activedescendant': entryId(POPUP_ID, highlighted) } : {})}
        />
      </label>
    </>
  );
}

function toEntry({ name, value }: Choice) {
  const description = String(value) === name || typeof value === 'boolean' ? undefined : String(value);
  return { key: String(value), title: name, description };
}

/** The choices that fit what is typed: the option's own, or the bot's suggestions. */
function useChoices(props: OptionFieldProps): { choices: readonly Choice[]; note: string | null } {
  const { option, given, isFocused, complete } = props;
  const [suggested, setSuggested] = useState<Choice[]>([]);
  const [note, setNote] = useState<string | null>(null);
  const isAsking = option.autocomplete && isFocused && given.value === undefined;
  useEffect(() => {
    if (!isAsking) return undefined;
    let isStale = false;
    const tell = (choices: Choice[], sentence: string | null): void => {
      if (isStale) return;
      setSuggested(choices);
      setNote(sentence);
    };
    setNote('Loading options…');
    const timer = window.setTimeout(() => {
      complete().then(
        (choices) => tell(choices, choices.length === 0 ? 'No options match.' : null),
        (error: unknown) => tell([], error instanceof Error ? error.message : 'Loading options failed.'),
      );
    }, COMPLETE_AFTER_MS);
    return () => {
      isStale = true;
      window.clearTimeout(timer);
    };
  }, [isAsking, given.text]);
  if (option.autocomplete) return { choices: suggested, note };
  const typed = given.text.trim().toLowerCase();
  const fitting = option.choices.filter(({ name }) => name.toLowerCase().includes(typed));
  return { choices: fitting, note: option.choices.length > 0 && fitting.length === 0 ? 'No choice fits.' : null };
}
