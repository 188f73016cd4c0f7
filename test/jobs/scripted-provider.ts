/**
 * A provider that does what a test says, through the real seam: for questions about the engine alone.
 * Everything that is accepted is recorded, as the owner would be billed.
 */
import type {
  AttemptRequest,
  CallOptions,
  Checked,
  FindOptions,
  FoundOperation,
  Provider,
  Started,
} from '../../src/providers/provider.ts';
import { ProviderFailure } from '../../src/providers/provider.ts';
import { type Failure, failure, type Operation, type Output } from '../../src/jobs/job.ts';

const AS_ASKED = { model: 'm', changes: [] };

export type StartScript = 'accept' | 'accept-and-lose' | 'lose' | 'finish' | Failure | Error;

export class ScriptedProvider implements Provider {
  readonly name: string;
  readonly kinds = ['image', 'video'] as const;
  readonly isPaid = true;
  canFind = true;
  wholeInStart: readonly ('image' | 'video')[] = [];
  hasWebhooks = false;
  readonly catalog = null;
  /** What each `start` meets, in order; then `accept`. */
  readonly starts: StartScript[] = [];
  /** What each `check` answers, in order; then running for ever. */
  readonly checks: (Checked | Failure)[] = [];
  readonly accepted: { id: string; request: AttemptRequest }[] = [];
  readonly cancelled: string[] = [];
  /** How `find` tells what it found. */
  foundAs: Pick<FoundOperation, 'model' | 'changes'> = AS_ASKED;
  finds = 0;
  /** What the last `find` was told of webhooks. */
  heard: readonly string[] = [];
  /** So many answers of `find` see nothing yet, as a list that lags behind. */
  blindFinds = 0;
  /** So many questions of `find` fail first. */
  findFailures = 0;
  /** Called inside `start`, before it is answered. */
  onStart: ((signal: AbortSignal) => void | Promise<void>) | null = null;
  files: (Failure | 'ok')[] = [];

  constructor(name = 'scripted') {
    this.name = name;
  }

  refuse(): Promise<null> {
    return Promise.resolve(null);
  }

  async start(request: AttemptRequest, { signal }: CallOptions): Promise<Started> {
    await this.onStart?.(signal);
    const script = this.starts.shift() ?? 'accept';
    if (script instanceof Error) throw script;
    if (typeof script === 'object') throw new ProviderFailure(script);
    if (script === 'lose') throw lost();
    if (script === 'finish') {
      const bytes = new TextEncoder().encode(`${request.prompt} ${request.seed}`);
      return { status: 'finished', outputs: [{ kind: 'inline', mimeType: 'image/png' }], bytes: [bytes], ...AS_ASKED };
    }
    const id = `op-${this.accepted.length + 1}`;
    this.accepted.push({ id, request });
    if (script === 'accept-and-lose') throw lost();
    return { status: 'running', operation: { provider: this.name, id, data: {} }, ...AS_ASKED };
  }

  check(_operation: Operation, _options: CallOptions): Promise<Checked> {
    const next = this.checks.shift() ?? { status: 'running', begun: true, progress: null };
    if ('code' in next) return Promise.reject(new ProviderFailure(next));
    return Promise.resolve(next);
  }

  cancel(operation: Operation): Promise<void> {
    this.cancelled.push(operation.id);
    return Promise.resolve();
  }

  async find(
    request: AttemptRequest,
    { isClaimed, heard }: Pick<FindOptions, 'isClaimed' | 'heard'>,
  ): Promise<FoundOperation | null> {
    this.finds += 1;
    this.heard = heard;
    if (this.findFailures-- > 0) throw lost();
    if (this.blindFinds-- > 0) return null;
    for (const { id, request: sent } of this.accepted) {
      const isSame = sent.prompt === request.prompt && sent.seed === request.seed;
      if (isSame && !(await isClaimed(id)))
        return { operation: { provider: this.name, id, data: {} }, ...this.foundAs };
    }
    return null;
  }

  fetchFile(output: Output & { kind: 'url' }): Promise<{ bytes: Uint8Array; mimeType: string; extension: string }> {
    const script = this.files.shift() ?? 'ok';
    if (script !== 'ok') return Promise.reject(new ProviderFailure(script));
    const bytes = new TextEncoder().encode(output.url);
    return Promise.resolve({ bytes, mimeType: 'image/png', extension: '.png' });
  }
}

function lost(): ProviderFailure {
  return new ProviderFailure(failure('network', 'retry'), 'unknown');
}
