/** Where files are chosen, dropped or pasted, and what was. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PickedFile } from '../interface.ts';
import { acceptOf, type Component } from './component-shape.ts';
import { Icon } from './icon.tsx';
import { formatSize } from './media.tsx';
import { usePage } from './page-context.ts';
import { filesOf, previewOf, readPickedFile, sizeOf } from './picked-file.ts';
import { SampleFiles } from './sample-files.tsx';

export interface FileFieldProps {
  upload: Component;
  id: string;
  files: readonly PickedFile[];
  set(files: PickedFile[]): void;
  describedBy: string | undefined;
}

/** An upload of a form. */
export function FileField({ upload, id, files, set, describedBy }: FileFieldProps): JSX.Element {
  const [trouble, setTrouble] = useState<string | null>(null);
  const { largestFileBytes } = usePage();
  const most = upload.max_values ?? 1;
  const add = (chosen: readonly File[]): void => {
    setTrouble(null);
    // The newest stay, as when one is chosen again in place of the other.
    Promise.all(chosen.map((file) => readPickedFile(file, largestFileBytes))).then(
      (read) => set([...files, ...read].slice(-most)),
      (error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)),
    );
  };
  return (
    <div
      class="upload"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        add(filesOf(event.dataTransfer));
      }}
      onPaste={(event) => {
        const pasted = filesOf(event.clipboardData);
        if (pasted.length > 0) add(pasted);
      }}
    >
      <label class="upload-zone">
        <Icon name="picture" />
        <span>
          <strong>Choose {most > 1 ? `up to ${most} files` : 'a file'}</strong>, drop or paste
        </span>
        <input
          id={id}
          type="file"
          class="visually-hidden"
          multiple={most > 1}
          accept={acceptOf(upload.file_types)}
          {...(describedBy === undefined ? {} : { 'aria-describedby': describedBy })}
          onChange={(event) => {
            add([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = '';
          }}
        />
      </label>
      {files.length === 0 && (
        <SampleFiles fileTypes={upload.file_types} take={(file) => add([file])} tell={setTrouble} />
      )}
      {files.length > 0 && (
        <ul class="upload-list">
          {files.map((file, index) => (
            <PickedFileRow
              key={`${file.name}-${index}`}
              file={file}
              remove={() => set(files.filter((other) => other !== file))}
            />
          ))}
        </ul>
      )}
      {trouble !== null && (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
    </div>
  );
}

/** One of several files: what it is, and the way to take it away again. */
export function PickedFileRow({ file, remove }: { file: PickedFile; remove(): void }): JSX.Element {
  return (
    <li>
      <FileThumbnail file={file} />
      <span class="file-words">
        <span class="file-name">{file.name}</span>
        <span class="file-size">{formatSize(sizeOf(file))}</span>
      </span>
      <button type="button" class="icon-button" aria-label={`Remove ${file.name}`} onClick={remove}>
        <Icon name="close" />
      </button>
    </li>
  );
}

export function FileThumbnail({ file }: { file: PickedFile }): JSX.Element {
  const preview = previewOf(file);
  return preview === undefined ? <Icon name="file" /> : <img class="file-thumbnail" src={preview} alt="" />;
}
