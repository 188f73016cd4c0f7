/** `/help`: what there is, in one private card. Pure. */
import type { Locale } from '../locales/locale.ts';
import { COLOURS } from './colours.ts';
import { privateCard, text, type PrivateCard } from './private-card.ts';

export interface HelpView {
  /** What the reader may use; `name` as it is typed, without the slash. */
  commands: readonly { name: string; description: string; id: string | null }[];
  /** Names of the commands in the menu of a message. */
  menus: readonly string[];
  /** Names of the providers that are set up, the default first. */
  providers: readonly string[];
  runningLimit: number;
  waitingLimit: number;
  locale: Locale;
}

export function renderHelp({ commands, menus, providers, runningLimit, waitingLimit, locale }: HelpView): PrivateCard {
  const words = locale.help;
  const lines = commands.map(({ name, description, id }) => `${mention(name, id)} ${description}`);
  const shown = providers.map((name) => locale.providers[name] ?? name);
  return privateCard(COLOURS.generating, [
    text([`### ${words.title}`, ...words.intro].join('\n')),
    text([...lines, words.menus(menus)].join('\n')),
    text([`**${words.buttonsTitle}**`, ...words.buttons.map((line) => `- ${line}`), words.whose].join('\n')),
    text(`-# ${words.providers(shown)}\n-# ${words.limits(runningLimit, waitingLimit)}`),
  ]);
}

/** Discord makes a mention of a command something to press. */
function mention(name: string, id: string | null): string {
  return id === null ? `\`/${name}\`` : `</${name}:${id}>`;
}
