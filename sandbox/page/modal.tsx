/** A form that the bot opened, as a dialog. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { APIModalInteractionResponseCallbackData } from 'discord-api-types/v10';
import { KIND, readComponents, type Component } from './component-shape.ts';
import { Dots, SelectChoice } from './components.tsx';
import { Icon } from './icon.tsx';
import { Markdown } from './markdown.tsx';

const PARAGRAPH_STYLE = 2;
const LONGEST_TEXT = 4_000;

export interface OpenModal {
  interactionId: string;
  modal: APIModalInteractionResponseCallbackData;
}

export interface ModalDialogProps {
  open: OpenModal;
  /** Resolves with a sentence when it was refused or not answered, else null: then the dialog is done. */
  submit(customId: string, values: Record<string, string>): Promise<string | null>;
  close(): void;
}

interface Field {
  input: Component;
  label: string;
  description: string | undefined;
}

export function ModalDialog({ open, submit, close }: ModalDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
    // showModal would take the first button.
    dialog.current?.querySelector<HTMLElement>('input, textarea, select')?.focus();
  }, []);

  const send = async (form: HTMLFormElement): Promise<void> => {
    setSending(true);
    setTrouble(null);
    const sentence = await submit(open.modal.custom_id, readForm(form));
    setSending(false);
    setTrouble(sentence);
    if (sentence === null) close();
  };

  return (
    <dialog ref={dialog} class="modal" aria-labelledby="modal-title" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isSending) void send(event.currentTarget);
        }}
      >
        <header>
          <h2 id="modal-title" dir="auto">
            {open.modal.title}
          </h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </header>
        <div class="modal-fields">
          {readComponents(open.modal.components).map((part, index) => (
            <ModalPart key={index} part={part} />
          ))}
          {trouble !== null && (
            <p class="trouble" role="alert">
              {trouble}
            </p>
          )}
        </div>
        <footer>
          <button type="button" class="button secondary" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="button primary" aria-busy={isSending}>
            <span class="button-words">Submit</span>
            {isSending && <Dots />}
          </button>
        </footer>
      </form>
    </dialog>
  );
}

/** By custom_id; a menu's values with commas between them, as the sandbox takes them. */
function readForm(form: HTMLFormElement): Record<string, string> {
  const values = new Map<string, string[]>();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string') values.set(name, [...(values.get(name) ?? []), value]);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.join(',')]));
}

function ModalPart({ part }: { part: Component }): JSX.Element {
  if (part.type === KIND.textDisplay) return <Markdown text={part.content ?? ''} />;
  const field = readField(part);
  if (field === undefined) {
    return <p class="unknown-component">The sandbox's page does not show inputs of type {part.type} yet.</p>;
  }
  return <FieldView field={field} />;
}

/** A label around an input, or the older way: an input in a row, with a label of its own. */
function readField(part: Component): Field | undefined {
  const input = part.type === KIND.label ? part.component : part.components?.[0];
  if (input === undefined || (input.type !== KIND.textInput && input.type !== KIND.stringSelect)) return undefined;
  return { input, label: part.label ?? input.label ?? '', description: part.description ?? undefined };
}

function FieldView({ field }: { field: Field }): JSX.Element {
  const { input, label, description } = field;
  const id = `field-${input.custom_id}`;
  const isRequired = input.required !== false;
  return (
    <div class="field">
      <label for={id} dir="auto">
        {label}
        {isRequired && (
          <span class="required" aria-hidden="true">
            {' '}
            *
          </span>
        )}
      </label>
      {description !== undefined && (
        <p id={`${id}-description`} class="field-description" dir="auto">
          {description}
        </p>
      )}
      <FieldInput input={input} id={id} isRequired={isRequired} hasDescription={description !== undefined} />
    </div>
  );
}

interface FieldInputProps {
  input: Component;
  id: string;
  isRequired: boolean;
  hasDescription: boolean;
}

function FieldInput({ input, id, isRequired, hasDescription }: FieldInputProps): JSX.Element {
  const common = {
    id,
    name: input.custom_id ?? '',
    required: isRequired,
    ...(hasDescription ? { 'aria-describedby': `${id}-description` } : {}),
  };
  if (input.type === KIND.stringSelect) return <FieldSelect input={input} common={common} />;
  const text = {
    ...common,
    dir: 'auto',
    defaultValue: input.value ?? '',
    placeholder: input.placeholder ?? '',
    maxLength: input.max_length ?? LONGEST_TEXT,
    ...(input.min_length === undefined ? {} : { minLength: input.min_length }),
  } as const;
  return input.style === PARAGRAPH_STYLE ? <textarea {...text} rows={5} /> : <input {...text} type="text" />;
}

function FieldSelect({ input, common }: { input: Component; common: { id: string; name: string } }): JSX.Element {
  const options = input.options ?? [];
  const isMultiple = (input.max_values ?? 1) > 1;
  const chosen = options.filter((option) => option.default === true).map(({ value }) => value);
  return (
    <select class="select" {...common} multiple={isMultiple}>
      {!isMultiple && <option value="">{input.placeholder ?? 'Make a selection'}</option>}
      {options.map((option) => (
        <SelectChoice key={option.value} option={option} isChosen={chosen.includes(option.value)} />
      ))}
    </select>
  );
}
