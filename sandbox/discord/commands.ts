/** Registered commands: global ones and those of one server. */
import { ApplicationCommandType, InteractionContextType } from 'discord-api-types/v10';
import type { APIApplicationCommand } from 'discord-api-types/v10';
import {
  ApplicationCommandCreateRequestSchema,
  ApplicationCommandPatchRequestPartialSchema,
  ApplicationCommandUpdateRequestSchema,
} from 'discord-api-spec/zod';
import type { ZodMiniType } from 'zod/mini';
import type { SandboxClock } from '../interface.ts';
import { checkCommand, normalizeOption } from './command-rules.ts';
import type { CommandBody } from './command-rules.ts';
import { DiscordError, refuse, refuseForm, refuseIssues } from './errors.ts';
import type { FormPath } from './errors.ts';
import { findIssues } from './schema-check.ts';
import { APPLICATION_ID } from './world.ts';

const DAY_MS = 86_400_000;
const MOST_CREATES_A_DAY = 200;
const MOST_OF_TYPE: Readonly<Record<number, number>> = { 1: 100, 2: 15, 3: 15, 4: 1 };

/** `null` is the global scope, otherwise a server's id. */
export type CommandScope = string | null;

interface CommandParts {
  clock: SandboxClock;
  nextId: () => string;
  onChange: () => void;
}

export class CommandStore {
  readonly #parts: CommandParts;
  readonly #byScope = new Map<CommandScope, APIApplicationCommand[]>();
  readonly #creates = new Map<string, number>();

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  list(scope: CommandScope): APIApplicationCommand[] {
    return this.#byScope.get(scope) ?? [];
  }

  get(scope: CommandScope, commandId: string): APIApplicationCommand {
    const command = this.list(scope).find((known) => known.id === commandId);
    if (!command) throw refuse('unknownCommand');
    return command;
  }

  /** What a member of the server can pick: its own commands and the global ones meant for servers. */
  visibleIn(guildId: string): APIApplicationCommand[] {
    const global = this.list(null).filter(
      (command) => !command.contexts || command.contexts.includes(InteractionContextType.Guild),
    );
    return [...this.list(guildId), ...global];
  }

  /** PUT: afterwards there is nothing but these. A command of the same name and type keeps its id. */
  replaceAll(scope: CommandScope, body: unknown): APIApplicationCommand[] {
    if (body !== null && !Array.isArray(body)) {
      throw refuseForm([{ path: [], code: 'LIST_TYPE_CONVERT', message: 'Only iterables may be used in a ListType' }]);
    }
    const entries: unknown[] = body ?? [];
    const bodies = entries.map((entry, index) => this.#check(ApplicationCommandUpdateRequestSchema, entry, [index]));
    refuseIssues(
      bodies.flatMap((command, index) =>
        bodies.findIndex((other) => isSame(other, command)) === index
          ? []
          : [
              {
                path: [index],
                code: 'APPLICATION_COMMANDS_DUPLICATE_NAME',
                message: 'Application command names must be unique',
              },
            ],
      ),
    );
    checkCounts(bodies);
    this.#countCreates(scope, bodies.filter((command) => !this.#find(scope, command)).length);
    const commands = bodies.map((command) => this.#build(scope, command, this.#find(scope, command)));
    this.#set(scope, commands);
    return commands;
  }

  /** POST: a command of the same name and type is replaced, anything else is new. */
  upsert(scope: CommandScope, body: unknown): { command: APIApplicationCommand; isNew: boolean } {
    const checked = this.#check(ApplicationCommandCreateRequestSchema, body, []);
    const known = this.#find(scope, checked);
    checkCounts([...this.list(scope).filter((command) => command !== known), checked]);
    if (!known) this.#countCreates(scope, 1);
    const command = this.#build(scope, checked, known);
    this.#set(scope, [...this.list(scope).filter((other) => other !== known), command]);
    return { command, isNew: !known };
  }

  patch(scope: CommandScope, commandId: string, body: unknown): APIApplicationCommand {
    const known = this.get(scope, commandId);
    refuseIssues(findIssues(ApplicationCommandPatchRequestPartialSchema, coercePermissions(body)));
    const merged = { ...known, ...(body as Partial<CommandBody>) } as CommandBody;
    refuseIssues(checkCommand(merged, []));
    const command = this.#build(scope, merged, known);
    this.#set(
      scope,
      this.list(scope).map((other) => (other === known ? command : other)),
    );
    return command;
  }

  delete(scope: CommandScope, commandId: string): void {
    const known = this.get(scope, commandId);
    this.#set(
      scope,
      this.list(scope).filter((command) => command !== known),
    );
  }

  #set(scope: CommandScope, commands: APIApplicationCommand[]): void {
    this.#byScope.set(scope, commands);
    this.#parts.onChange();
  }

  #check(schema: ZodMiniType, body: unknown, path: FormPath): CommandBody {
    refuseIssues(findIssues(schema, coercePermissions(body), path));
    const command = body as CommandBody;
    refuseIssues(checkCommand(command, path));
    return command;
  }

  #find(scope: CommandScope, command: CommandBody): APIApplicationCommand | undefined {
    return this.list(scope).find((known) => isSame(known, command));
  }

  /** 200 new names a day for each scope; unchanged and changed ones do not count. */
  #countCreates(scope: CommandScope, amount: number): void {
    const key = `${scope ?? 'global'}:${Math.floor(this.#parts.clock.now() / DAY_MS)}`;
    const used = this.#creates.get(key) ?? 0;
    if (amount > 0 && used + amount > MOST_CREATES_A_DAY) throw refuse('tooManyCommandCreates');
    this.#creates.set(key, used + amount);
  }

  #build(scope: CommandScope, body: CommandBody, known: APIApplicationCommand | undefined): APIApplicationCommand {
    const isChatInput = (body.type ?? ApplicationCommandType.ChatInput) === ApplicationCommandType.ChatInput;
    const contexts = scope === null ? (body.contexts ?? null) : null;
    const fields = {
      application_id: APPLICATION_ID,
      type: body.type ?? ApplicationCommandType.ChatInput,
      name: body.name,
      name_localizations: body.name_localizations ?? null,
      description: isChatInput ? (body.description ?? '') : '',
      description_localizations: body.description_localizations ?? null,
      default_member_permissions:
        body.default_member_permissions === null || body.default_member_permissions === undefined
          ? null
          : String(body.default_member_permissions),
      // Only global commands honour contexts and installs.
      contexts,
      integration_types: scope === null ? (body.integration_types ?? [0]) : [0],
      nsfw: body.nsfw ?? false,
      ...(scope === null
        ? { dm_permission: contexts ? contexts.includes(InteractionContextType.BotDM) : (body.dm_permission ?? true) }
        : { guild_id: scope }),
      ...(body.options?.length ? { options: body.options.map(normalizeOption) } : {}),
    };
    const isUnchanged =
      known && JSON.stringify({ ...known, id: '', version: '' }) === JSON.stringify({ id: '', version: '', ...fields });
    // Checked against the schema of what Discord takes; what it gives back has the same fields.
    return (
      isUnchanged ? known : { id: known?.id ?? this.#parts.nextId(), version: this.#parts.nextId(), ...fields }
    ) as APIApplicationCommand;
  }
}

/** Without `with_localizations` a list carries no translations. */
export function withoutLocalizations<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutLocalizations) as T;
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key]) => key !== 'name_localizations' && key !== 'description_localizations',
  );
  return Object.fromEntries(kept.map(([key, entry]) => [key, withoutLocalizations(entry as unknown)])) as T;
}

/** The schema knows a number, clients send the documented string: Discord takes both. */
function coercePermissions(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const { default_member_permissions: permissions } = body as CommandBody;
  return typeof permissions === 'string' && /^\d+$/u.test(permissions)
    ? { ...body, default_member_permissions: Number(permissions) }
    : body;
}

function isSame(one: { name: string; type?: number | null }, other: { name: string; type?: number | null }): boolean {
  return one.name === other.name && (one.type ?? 1) === (other.type ?? 1);
}

function checkCounts(commands: readonly { type?: number | null }[]): void {
  for (const [type, most] of Object.entries(MOST_OF_TYPE)) {
    const count = commands.filter((command) => (command.type ?? 1) === Number(type)).length;
    if (count > most) throw new DiscordError(400, 30032, `Maximum number of application commands reached (${most}).`);
  }
}
