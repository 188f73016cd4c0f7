/** Pictures that the sandbox offers to whoever has no file at hand. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SampleFile } from '../interface.ts';
import { acceptsJpeg } from './component-shape.ts';
import { fetchSamples } from './connection.ts';

export interface SampleFilesProps {
  /** What the option or input takes; a sample that it would refuse is not offered. */
  fileTypes: readonly string[] | undefined;
  take(file: File): void;
  /** For a sample that could not be fetched. */
  tell(sentence: string): void;
}

export function SampleFiles({ fileTypes, take, tell }: SampleFilesProps): JSX.Element | null {
  const [samples, setSamples] = useState<readonly SampleFile[]>([]);
  useEffect(() => void fetchSamples().then(setSamples), []);
  if (samples.length === 0 || !acceptsJpeg(fileTypes)) return null;
  const choose = (name: string): void => {
    fetchSample(name).then(take, () => tell(`The sample ${name} could not be fetched.`));
  };
  return (
    <div class="samples" role="group" aria-label="Samples">
      <span class="quiet">No file at hand? Take a sample:</span>
      {samples.map(({ name, description }) => (
        <button
          key={name}
          type="button"
          class="sample"
          aria-label={`Sample: ${description}`}
          title={description}
          // The field that it is for keeps the focus, and this list with it.
          onMouseDown={(event) => event.preventDefault()}
          onClick={(event) => {
            event.preventDefault();
            choose(name);
          }}
        >
          <img src={`/samples/${name}`} alt="" />
        </button>
      ))}
    </div>
  );
}

async function fetchSample(name: string): Promise<File> {
  const response = await fetch(`/samples/${name}`);
  if (!response.ok) throw new Error(`The sample answered ${response.status}.`);
  return new File([await response.blob()], name, { type: 'image/jpeg' });
}
