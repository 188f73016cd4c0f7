/** The field of a command's option: its text, the choices above it, and what is wrong with it. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PickedFile } from '../interface.ts';
import { Avatar } from './author.tsx';
import { describeRange, findProblem, OPTION, type Choice, type CommandOption } from './command-text.ts';
import { entryId, moveActive, Popup } from './popup.tsx';

const POPUP_ID = 'option-choices';
/** Between the last key and the question, so that fast typing asks once. */
const COMPLETE_AFTER_MS = 200;

/** What stands in an option's field; `value` where a choice of another name was picked. */
export interface DraftValue {
  text: string;
  value?: string;
  /** Of an attachment. */
  file?: PickedFile;
}

/** What the field of every option needs. */
export interface FieldProps {
  option: CommandOption;
  given: DraftValue;
  isFocused: boolean;
  keep(element: HTMLElement | null): void;
  focus(isFocused: boolean): void;
  set(value: DraftValue): void;
  send(): void;
  leave(): void;
  /** Backspace in an empty field. */
  remove(): void;
  move(step: 1 | -1): void;
}

interface OptionFieldProps extends FieldProps {
  goToNamed(text: string): boolean;
  complete(): Promise<Choice[]>;
}

export function OptionField(props: OptionFieldProps): JSX.Element {
  const { option, given, isFocused, keep, focus, set, send, leave, remove, move, goToNamed } = props;
  const { choices, note } = useChoices(props);
  const [active, setActive] = useState(-1);
  const [isClosed, closeList] = useState(false);
  const isChosen = given.value !== undefined || choices.some(({ name }) => name === given.text);
  const isOpen = isFocused && !isClosed && !isChosen && choices.length > 0;
  // Of fixed choices one must be taken, so the first is ready; a suggestion is only offered.
  const highlighted = isOpen ? Math.min(active === -1 && !option.autocomplete ? 0 : active, choices.length - 1) : -1;
  const problem = given.value !== undefined || given.text.trim() === '' ? null : findProblem(option, given.text.trim());
  const range = describeRange(option);
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
          {problem !== null && <p class="hint-values trouble">{problem}</p>}
          {range !== null && problem === null && <p class="hint-values">Takes {range}.</p>}
          {note !== null && !isChosen && (
            <p class="hint-values" role="status">
              {note}
            </p>
          )}
        </Popup>
      )}
      <label class={`pill${problem === null ? '' : ' is-invalid'}`}>
        <span class="pill-name">{option.name}</span>
        <textarea
          ref={keep}
          rows={1}
          dir="auto"
          aria-label={option.name}
          aria-required={option.required}
          aria-invalid={problem !== null}
          inputMode={option.type === OPTION.integer ? 'numeric' : option.type === OPTION.number ? 'decimal' : 'text'}
          value={given.text}
          onFocus={() => focus(true)}
          onBlur={() => focus(false)}
          onInput={(event) => {
            closeList(false);
            setActive(-1);
            const isColonTyped = event.inputType === 'insertText' && event.data === ':';
            if (isColonTyped && goToNamed(event.currentTarget.value)) return;
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

function toEntry({ name, value, user }: Choice) {
  if (user !== undefined) {
    return { key: user.id, title: name, description: user.username, picture: <Avatar user={user} /> };
  }
  const isPlain = String(value) === name || typeof value === 'boolean' || /^\d{15,}$/u.test(String(value));
  return { key: String(value), title: name, description: isPlain ? undefined : String(value) };
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
