/** What goes wrong next: the faults that a person can pick, and those that are still to come. */
import type { JSX } from 'preact';
import type { PageFault } from '../interface.ts';
import type { PanelProps } from './panel.tsx';
import { SERVICE_NAMES } from './service-names.ts';

export function FaultSection({ faults, run }: { faults: readonly PageFault[]; run: PanelProps['run'] }): JSX.Element {
  const armed = faults.filter((fault) => fault.armed > 0);
  return (
    <section aria-labelledby="panel-faults">
      <h3 id="panel-faults">
        Faults
        {armed.length > 0 && (
          <button type="button" class="link-button" onClick={() => void run('faults/clear', {})}>
            Clear faults
          </button>
        )}
      </h3>
      <p class="quiet">
        {armed.length === 0 ? 'Pick what goes wrong next. Each is used up by the next call it fits.' : 'Still to come:'}
      </p>
      {armed.length > 0 && (
        <ul class="armed-faults">
          {armed.map((fault) => (
            <li key={fault.id}>
              <span>{fault.label}</span> <strong>×{fault.armed}</strong>
            </li>
          ))}
        </ul>
      )}
      {(['replicate', 'gemini', 'discord'] as const).map((service) => (
        <FaultList
          key={service}
          title={SERVICE_NAMES[service]}
          faults={faults.filter((fault) => fault.service === service)}
          arm={(id) => void run('fault', { id })}
        />
      ))}
    </section>
  );
}

/** By the kinds of a fault, joined. */
const KIND_WORDS: Readonly<Record<string, string>> = {
  image: 'pictures',
  video: 'videos',
  'image,video': 'both',
};
/** Of a list whose faults all meet the same. */
const KIND_NOTES: Readonly<Record<string, string>> = {
  'image,video': 'Each meets pictures and videos alike.',
  '': 'They meet any message.',
};

interface FaultListProps {
  title: string;
  faults: readonly PageFault[];
  arm(id: string): void;
}

function FaultList({ title, faults, arm }: FaultListProps): JSX.Element | null {
  if (faults.length === 0) return null;
  const kinds = new Set(faults.map((fault) => fault.kinds.join()));
  const [only = ''] = kinds;
  const common = kinds.size === 1 ? (KIND_NOTES[only] ?? '') : null;
  return (
    <details class="fault-list">
      <summary>
        {title} <span class="quiet">{faults.length}</span>
      </summary>
      {common !== null && <p class="quiet">{common}</p>}
      <ul>
        {faults.map((fault) => (
          <li key={fault.id}>
            <button
              type="button"
              class={`fault${fault.armed > 0 ? ' is-armed' : ''}`}
              aria-label={fault.armed > 0 ? `${fault.label}, armed ${fault.armed} times` : fault.label}
              onClick={() => arm(fault.id)}
            >
              {/* The list's own title says the service. */}
              <span>{fault.label.replace(/^(?:Replicate|Gemini|Discord): /u, '')}</span>
              {common === null && <small class="fault-kinds">{KIND_WORDS[fault.kinds.join()]}</small>}
              {fault.armed > 0 && <strong>×{fault.armed}</strong>}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
