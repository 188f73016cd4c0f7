/** Files that wait to go out with a message, and the button that adds some. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { PickedFile } from '../interface.ts';
import { PickedFileRow } from './file-field.tsx';
import { Icon } from './icon.tsx';
import { SampleFiles } from './sample-files.tsx';

export interface FileTrayProps {
  files: readonly PickedFile[];
  remove(file: PickedFile): void;
}

export function FileTray({ files, remove }: FileTrayProps): JSX.Element | null {
  if (files.length === 0) return null;
  return (
    <ul class="tray" aria-label="Files to send">
      {files.map((file, index) => (
        <PickedFileRow key={`${file.name}-${index}`} file={file} remove={() => remove(file)} />
      ))}
    </ul>
  );
}

export interface AttachButtonProps {
  take(files: readonly File[]): void;
  tell(sentence: string): void;
}

/** Opens a choice between a file of this machine and the samples. */
export function AttachButton({ take, tell }: AttachButtonProps): JSX.Element {
  const [isOpen, open] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const close = (): void => {
    open(false);
    opener.current?.focus();
  };
  const give = (files: readonly File[]): void => {
    close();
    if (files.length > 0) take(files);
  };
  return (
    <>
      <button
        ref={opener}
        type="button"
        class="icon-button attach"
        aria-label="Attach a file"
        aria-expanded={isOpen}
        onClick={() => open(!isOpen)}
      >
        <Icon name="plus" />
      </button>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          give([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      {isOpen && (
        <div
          class="popup is-attach"
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault();
            close();
          }}
        >
          <div class="popup-buttons">
            <button type="button" onClick={() => chooser.current?.click()}>
              <strong>Upload a file</strong>
              <span>Anybody can then use the bot's commands on it: right-click, Apps</span>
            </button>
          </div>
          <SampleFiles fileTypes={undefined} take={(file) => give([file])} tell={tell} />
        </div>
      )}
    </>
  );
}
