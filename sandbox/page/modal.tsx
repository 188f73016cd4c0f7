/** A form that the bot opened, as a dialog. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { APIModalInteractionResponseCallbackData } from 'discord-api-types/v10';
import type { ModalValue, PickedFile } from '../interface.ts';
import { KIND, readComponents, type Component } from './component-shape.ts';
import { Dots } from './components.tsx';
import { Icon } from './icon.tsx';
import { Markdown } from './markdown.tsx';
import { FieldView, readField, readFieldValue } from './modal-field.tsx';

export interface OpenModal {
  interactionId: string;
  modal: APIModalInteractionResponseCallbackData;
}

export interface ModalDialogProps {
  open: OpenModal;
  /** Resolves with a sentence when it was refused or not answered, else null: then the dialog is done. */
  submit(customId: string, values: Record<string, ModalValue>): Promise<string | null>;
  close(): void;
}

/** By the upload's custom_id. */
type FilesByInput = Readonly<Record<string, PickedFile[]>>;

export function ModalDialog({ open, submit, close }: ModalDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [files, setFiles] = useState<FilesByInput>({});
  const parts = readComponents(open.modal.components);
  useLayoutEffect(() => {
    dialog.current?.showModal();
    // showModal would take the first button.
    dialog.current?.querySelector<HTMLElement>('input, textarea, select')?.focus();
  }, []);

  const send = async (form: HTMLFormElement): Promise<void> => {
    setSending(true);
    setTrouble(null);
    const sentence = await submit(open.modal.custom_id, readForm(parts, form, files));
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
          {parts.map((part, index) => (
            <ModalPart
              key={index}
              part={part}
              files={files}
              setFiles={(name, chosen) => setFiles((all) => ({ ...all, [name]: chosen }))}
            />
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

/** By custom_id, every input of the form. */
function readForm(parts: readonly Component[], form: HTMLFormElement, files: FilesByInput): Record<string, ModalValue> {
  const data = new FormData(form);
  return Object.fromEntries(
    parts.flatMap((part) => {
      const name = readField(part)?.input.custom_id;
      const input = readField(part)?.input;
      return name === undefined || input === undefined ? [] : [[name, readFieldValue(input, data, files[name] ?? [])]];
    }),
  );
}

interface ModalPartProps {
  part: Component;
  files: FilesByInput;
  setFiles(name: string, files: PickedFile[]): void;
}

function ModalPart({ part, files, setFiles }: ModalPartProps): JSX.Element {
  if (part.type === KIND.textDisplay) return <Markdown text={part.content ?? ''} />;
  const field = readField(part);
  if (field === undefined) {
    return <p class="unknown-component">The sandbox's page does not show parts of type {part.type} yet.</p>;
  }
  const name = field.input.custom_id ?? '';
  return <FieldView field={field} files={files[name] ?? []} setFiles={(chosen) => setFiles(name, chosen)} />;
}
