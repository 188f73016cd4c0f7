/** The field of a command's option that takes a file. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { FileThumbnail } from './file-field.tsx';
import type { FieldProps } from './option-field.tsx';
import { acceptOf } from './component-shape.ts';
import { Icon } from './icon.tsx';
import { formatSize } from './media.tsx';
import { usePage } from './page-context.ts';
import { filesOf, previewOf, readPickedFile, sizeOf } from './picked-file.ts';
import { SampleFiles } from './sample-files.tsx';

export function FileOption(props: FieldProps): JSX.Element {
  const { option, given, isFocused, keep, focus, set, send, leave, remove, move } = props;
  const [trouble, setTrouble] = useState<string | null>(null);
  const { largestFileBytes } = usePage();
  const { file } = given;
  const take = (chosen: File | undefined): void => {
    if (chosen === undefined) return;
    readPickedFile(chosen, largestFileBytes).then(
      (read) => {
        setTrouble(null);
        set({ text: '', file: read });
      },
      (error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)),
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && file !== undefined) send();
    else if (event.key === 'Escape') leave();
    else if (event.key === 'Backspace' && file !== undefined) set({ text: '' });
    else if (event.key === 'Backspace') remove();
    else if (event.key === 'ArrowRight') move(1);
    else if (event.key === 'ArrowLeft') move(-1);
    else return;
    event.preventDefault();
  };
  return (
    <>
      {isFocused && (
        <div class="popup">
          <p class="popup-title">
            <strong>{option.name}</strong> {option.description}
          </p>
          {file !== undefined && previewOf(file) !== undefined && (
            <img class="option-preview" src={previewOf(file)} alt={`Preview of ${file.name}`} />
          )}
          <p class={`hint-values${trouble === null ? '' : ' trouble'}`} role="status">
            {trouble ??
              (file === undefined
                ? 'Press Enter to choose a file, or drop or paste one.'
                : 'Press Enter to send, Backspace to take the file away.')}
          </p>
          {file === undefined && <SampleFiles fileTypes={option.fileTypes} take={take} tell={setTrouble} />}
        </div>
      )}
      <label
        class="pill is-file"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          event.stopPropagation();
          take(filesOf(event.dataTransfer)[0]);
        }}
      >
        <span class="pill-name">{option.name}</span>
        <input
          ref={keep}
          type="file"
          class="visually-hidden"
          aria-label={option.name}
          aria-required={option.required}
          accept={acceptOf(option.fileTypes)}
          onFocus={() => focus(true)}
          onBlur={() => focus(false)}
          onChange={(event) => {
            take(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
          onKeyDown={onKeyDown}
        />
        {file === undefined ? (
          <span class="pill-file is-empty">Choose, drop or paste</span>
        ) : (
          <span class="pill-file">
            <FileThumbnail file={file} />
            <span class="file-name">{file.name}</span>
            <span class="quiet">{formatSize(sizeOf(file))}</span>
            <button
              type="button"
              class="icon-button"
              tabIndex={-1}
              aria-label={`Remove ${file.name}`}
              onMouseDown={(event) => event.preventDefault()}
              onClick={(event) => {
                // A press on the label would open the chooser.
                event.preventDefault();
                set({ text: '' });
              }}
            >
              <Icon name="close" />
            </button>
          </span>
        )}
      </label>
    </>
  );
}
