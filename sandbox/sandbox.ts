/** A whole sandbox for a test or a person: Discord, Replicate, Gemini, a folder, the settings for a bot, and the page if wanted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from './clock.ts';
import { geminiPace, startControl, type Control } from './control.ts';
import { startDiscord } from './discord/index.ts';
import { startGemini, type GeminiOptions, type StartedGemini } from './gemini/index.ts';
import type { SandboxClock, SandboxDiscord } from './interface.ts';
import { startReplicate, type ReplicateOptions, type StartedReplicate } from './replicate/index.ts';

export interface SandboxOptions {
  /** Starts the page's server too, on this port (0: any). */
  controlPort?: number;
  /** Where the bot keeps its things. Default: a temporary folder, removed by `close`. */
  folder?: string;
  /** How Replicate behaves. */
  replicate?: Pick<ReplicateOptions, 'pace' | 'slowMs' | 'rateLimits' | 'picture'>;
  /** How Gemini behaves; its default pace is Replicate's, where that was asked for. */
  gemini?: Pick<GeminiOptions, 'pace' | 'slowMs' | 'rateLimits' | 'picture'>;
  /** Whether Discord limits rates; default true. */
  discordRateLimits?: boolean;
  /** Session starts that Discord grants; default 1,000. */
  identifiesADay?: number;
  /** Settings of the bot that the page starts, beside `env()`. */
  botEnv?: Record<string, string>;
  /** A script to run instead of the compiled bot. */
  botEntry?: string;
}

export interface Sandbox {
  readonly discord: SandboxDiscord;
  readonly replicate: StartedReplicate;
  readonly gemini: StartedGemini;
  /** The one clock of all three. */
  readonly clock: SandboxClock;
  readonly folder: string;
  /** null without `controlPort`. */
  readonly control: Control | null;
  /** The settings a bot needs to live here, for startBot. */
  env(more?: Record<string, string>): Record<string, string>;
  /** Ends the page's bot too; a bot that a test started is the test's to end. */
  close(): Promise<void>;
}

/** Rejects, with all it had started closed again, when a part cannot start. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const clock = createClock();
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'darkroom-sandbox-'));
  /** What to undo, in the order it was done. */
  const undo: (() => Promise<void> | void)[] = options.folder === undefined ? [() => removeFolder(folder)] : [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const discord = await startDiscord({
      clock,
      rateLimits: options.discordRateLimits ?? true,
      ...(options.identifiesADay === undefined ? {} : { identifiesADay: options.identifiesADay }),
    });
    undo.push(() => discord.close());
    const replicate = await startReplicate({ clock, ...options.replicate });
    undo.push(() => replicate.close());
    const pace = options.replicate?.pace === undefined ? {} : { pace: geminiPace(options.replicate.pace) };
    const gemini = await startGemini({ clock, ...pace, ...options.gemini });
    undo.push(() => gemini.close());
    const env = (more: Record<string, string> = {}): Record<string, string> => ({
      ...settingsFor({ discord, replicate, gemini }, folder),
      ...more,
    });
    const bot = { env: env(options.botEnv), ...(options.botEntry === undefined ? {} : { entry: options.botEntry }) };
    const control =
      options.controlPort === undefined
        ? null
        : await startControl({
            port: options.controlPort,
            discord,
            replicate,
            gemini,
            bot,
            ...(options.replicate?.pace === undefined ? {} : { pace: options.replicate.pace }),
          });
    if (control !== null) undo.push(() => control.close());
    return { discord, replicate, gemini, clock, folder, control, env, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function settingsFor(
  { discord, replicate, gemini }: Pick<Sandbox, 'discord' | 'replicate' | 'gemini'>,
  folder: string,
): Record<string, string> {
  return {
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.url,
    REPLICATE_API_TOKEN: replicate.token,
    REPLICATE_BASE_URL: replicate.url,
    GEMINI_API_KEY: gemini.key,
    GEMINI_BASE_URL: gemini.url,
    STORE_URL: `sqlite://${join(folder, 'darkroom.sqlite')}`,
    DATA_DIR: folder,
  };
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
