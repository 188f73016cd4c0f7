/** The field of a command's option that takes a file. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { FileThumbnail } from './file-field.tsx';
import type { FieldProps } from './option-field.tsx';
import { acceptOf } from './component-shape.ts';
import { formatSize } from './media.tsx';
import { filesOf, readPickedFile, sizeOf } from './picked-file.ts';

export function FileOption(props: FieldProps): JSX.Element {
  const { option, given, isFocused, keep, focus, set, send, leave, remove, move } = props;
  const [trouble, setTrouble] = useState<string | null>(null);
  const { file } = given;
  const take = (chosen: File | undefined): void => {
    if (chosen === undefined) return;
    readPickedFile(chosen).then(
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
          <p class={`hint-values${trouble === null ? '' : ' trouble'}`} role="status">
            {trouble ?? 'Press Enter to choose a file, or drop or paste one.'}
          </p>
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
          </span>
        )}
      </label>
    </>
  );
}
