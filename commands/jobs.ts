/** `/jobs`: for moderators, order among their own server's jobs. */
import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
} from 'discord-api-types/v10';
import type { CommandAsk } from '../src/discord/ask.ts';
import type { Command, CommandContext } from '../src/discord/command.ts';
import type { JobState } from '../src/jobs/job.ts';
import { en } from '../src/locales/en.ts';
import { readJobId, readText } from './options.ts';

const words = en.commands.jobs;

const STATES: readonly JobState[] = ['queued', 'running', 'done', 'partial', 'failed', 'cancelled'];
const STATE_CHOICES = STATES.map((state) => ({ name: en.states[state], value: state }));
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export const jobs: Command = {
  data: {
    name: 'jobs',
    description: words.description,
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    default_member_permissions: String(PermissionFlagsBits.ManageMessages),
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'list',
        description: words.list,
        options: [
          {
            type: ApplicationCommandOptionType.String,
            name: 'status',
            description: words.listStatus,
            choices: STATE_CHOICES,
          },
          { type: ApplicationCommandOptionType.User, name: 'user', description: words.user },
        ],
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'clear',
        description: words.clear,
        options: [
          {
            type: ApplicationCommandOptionType.String,
            name: 'status',
            description: words.clearStatus,
            choices: STATE_CHOICES,
          },
          { type: ApplicationCommandOptionType.User, name: 'user', description: words.user },
          {
            type: ApplicationCommandOptionType.String,
            name: 'older_than',
            description: words.olderThan,
            max_length: 10,
          },
          { type: ApplicationCommandOptionType.String, name: 'job', description: words.job, max_length: 40 },
        ],
      },
    ],
  },

  async execute(ask, context) {
    if (ask.subcommand === 'clear') return clear(ask, context);
    await context.lists.list(ask, readFilter(ask));
  },
};

async function clear(ask: CommandAsk, { lists, answers, locale }: CommandContext): Promise<void> {
  const age = readText(ask, 'older_than');
  const olderThanMs = age === null ? 0 : readAgeMs(age);
  if (olderThanMs === null) return answers.refuse(ask, locale.jobs.badAge((age ?? '').replaceAll(/[`<@]/g, '')));
  await lists.clear(ask, { ...readFilter(ask), olderThanMs, jobId: readJobId(ask, 'job') });
}

function readFilter(ask: CommandAsk): { state: JobState | null; userId: string | null } {
  const status = readText(ask, 'status');
  return { state: STATES.find((state) => state === status) ?? null, userId: readText(ask, 'user') };
}

/** `12h`, `7 d`; null for anything else. */
function readAgeMs(text: string): number | null {
  const [, number = '', unit = ''] = /^(\d{1,5})\s*([mhdw])$/i.exec(text) ?? [];
  const unitMs = UNIT_MS[unit.toLowerCase()];
  return unitMs === undefined ? null : Number(number) * unitMs;
}
