/** Who and what there is: one application, two servers, four people. Ids never change, so a bot's records outlive the sandbox. */
import { ChannelType, GuildSystemChannelFlags, Locale } from 'discord-api-types/v10';
import type {
  APIApplication,
  APIGuild,
  APIInteractionGuildMember,
  APIRole,
  APITextChannel,
  APIUser,
  ApplicationFlags,
  ChannelFlags,
  GuildMemberFlags,
  RoleFlags,
  UserFlags,
} from 'discord-api-types/v10';
import type { SandboxChannel, SandboxGuild, SandboxUser } from '../interface.ts';
import { BOT_PERMISSIONS, MEMBER_PERMISSIONS, MODERATOR_PERMISSIONS } from './permissions.ts';

export interface ThreadState {
  isArchived: boolean;
  isLocked: boolean;
}

export const OPEN_THREAD: ThreadState = { isArchived: false, isLocked: false };

export type UserName = 'member' | 'member2' | 'moderator' | 'outsider' | 'bot';

const JOINED_AT = '2025-01-01T12:00:00.000000+00:00';
const MODERATOR_ROLE_SUFFIX = 900n;
/** Nobody in the sandbox owns a server: an owner may everything, and would test no permission. */
const OWNER_ID = '1000000000000000999';

const FIRST_CROWD_ID = 1000000000000010000n;
const CROWD_SIZE = 10_000n;

export const APPLICATION_ID = '1000000000000000100';

export const USERS: Readonly<Record<UserName, SandboxUser>> = {
  member: person('1000000000000000201', 'mira', 'Mira', '#5865f2'),
  member2: person('1000000000000000202', 'noah', 'Noah', '#3ba55d'),
  moderator: { ...person('1000000000000000203', 'olive', 'Olive', '#eb459e'), isModerator: true },
  outsider: { ...person('1000000000000000204', 'pavel', 'Pavel', '#faa61a'), isModerator: true },
  // Applications made since 2016 share their id with their bot.
  bot: { ...person(APPLICATION_ID, 'Darkroom', 'Darkroom', '#992d22'), isBot: true },
};

export const GUILDS: readonly SandboxGuild[] = [
  guild('1000000000000000300', 'Darkroom sandbox', [
    ['1000000000000000301', 'pictures', 'Type /generate and press Enter'],
    ['1000000000000000302', 'general', 'Everything else'],
  ]),
  guild('1000000000000000400', 'Another server', [
    ['1000000000000000401', 'lounge', 'A server that shares nothing with the first'],
  ]),
];

/** A thread of #pictures. No server lists it: it exists for whoever asks what a thread does. */
export const THREAD: SandboxChannel = {
  id: '1000000000000000303',
  guildId: '1000000000000000300',
  name: 'sunsets',
  topic: '',
  parentId: '1000000000000000301',
};

const MEMBERS: Readonly<Record<string, readonly UserName[]>> = {
  '1000000000000000300': ['member', 'member2', 'moderator', 'bot'],
  '1000000000000000400': ['outsider', 'bot'],
};

export function findUser(userId: string): SandboxUser | undefined {
  return Object.values(USERS).find((user) => user.id === userId) ?? findCrowdMember(userId);
}

/** A member of the first server beside the four: they exist for whoever needs many, and are listed nowhere. */
export function crowdMember(index: number): SandboxUser {
  const name = `guest${index + 1}`;
  return person(String(FIRST_CROWD_ID + BigInt(index)), name, name, '#747f8d');
}

function findCrowdMember(userId: string): SandboxUser | undefined {
  if (!/^\d{19}$/.test(userId)) return undefined;
  const index = BigInt(userId) - FIRST_CROWD_ID;
  return index >= 0n && index < CROWD_SIZE ? crowdMember(Number(index)) : undefined;
}

export function findGuild(guildId: string): SandboxGuild | undefined {
  return GUILDS.find((known) => known.id === guildId);
}

export function findChannel(channelId: string): SandboxChannel | undefined {
  return [...GUILDS.flatMap((known) => known.channels), THREAD].find((channel) => channel.id === channelId);
}

export function isMember(userId: string, guildId: string): boolean {
  if ((MEMBERS[guildId] ?? []).some((name) => USERS[name].id === userId)) return true;
  return guildId === GUILDS[0]?.id && findCrowdMember(userId) !== undefined;
}

export function memberPermissions(user: SandboxUser): bigint {
  if (user.isBot) return BOT_PERMISSIONS;
  return user.isModerator ? MODERATOR_PERMISSIONS : MEMBER_PERMISSIONS;
}

export function toApiUser(user: SandboxUser): APIUser {
  return {
    id: user.id,
    username: user.username,
    discriminator: user.isBot ? '0001' : '0',
    global_name: user.isBot ? null : user.globalName,
    avatar: null,
    bot: user.isBot,
    system: false,
    banner: null,
    accent_color: null,
    flags: 0 as UserFlags,
    public_flags: 0 as UserFlags,
    primary_guild: null,
    avatar_decoration_data: null,
  };
}

export function toApiMember(user: SandboxUser, guildId: string, permissions: bigint): APIInteractionGuildMember {
  return {
    user: toApiUser(user),
    nick: null,
    avatar: null,
    banner: null,
    roles: user.isModerator ? [moderatorRoleId(guildId)] : [],
    joined_at: JOINED_AT,
    premium_since: null,
    deaf: false,
    mute: false,
    pending: false,
    flags: 0 as GuildMemberFlags,
    communication_disabled_until: null,
    permissions: String(permissions),
  };
}

export function toApiChannel(channel: SandboxChannel): APITextChannel {
  const position = findGuild(channel.guildId)?.channels.findIndex((other) => other.id === channel.id) ?? 0;
  return {
    id: channel.id,
    type: ChannelType.GuildText,
    guild_id: channel.guildId,
    name: channel.name,
    topic: channel.topic,
    position,
    parent_id: null,
    nsfw: false,
    rate_limit_per_user: 0,
    last_message_id: null,
    permission_overwrites: [],
    flags: 0 as ChannelFlags,
  };
}

/** As the API gives a thread; an interaction comes from an open one only. */
export function toApiThread(thread: SandboxChannel, { isArchived, isLocked }: ThreadState): Record<string, unknown> {
  return {
    id: thread.id,
    type: ChannelType.PublicThread,
    guild_id: thread.guildId,
    name: thread.name,
    parent_id: thread.parentId,
    owner_id: USERS.member.id,
    rate_limit_per_user: 0,
    last_message_id: null,
    message_count: 0,
    member_count: 1,
    total_message_sent: 0,
    flags: 0,
    thread_metadata: {
      archived: isArchived,
      locked: isLocked,
      auto_archive_duration: 1_440,
      archive_timestamp: new Date(JOINED_AT).toISOString(),
    },
  };
}

export function toApiGuild(known: SandboxGuild): APIGuild {
  return {
    id: known.id,
    name: known.name,
    icon: null,
    icon_hash: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    owner_id: OWNER_ID,
    region: 'deprecated',
    afk_channel_id: null,
    afk_timeout: 300,
    widget_enabled: false,
    widget_channel_id: null,
    verification_level: 1,
    default_message_notifications: 1,
    explicit_content_filter: 2,
    mfa_level: 0,
    nsfw_level: 0,
    premium_tier: 0,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: GuildSystemChannelFlags.SuppressJoinNotifications,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    vanity_url_code: null,
    preferred_locale: Locale.EnglishUS,
    max_members: 500_000,
    max_video_channel_users: 25,
    max_stage_video_channel_users: 50,
    features: [],
    emojis: [],
    stickers: [],
    roles: toApiRoles(known.id),
    hub_type: null,
    incidents_data: null,
  };
}

/** GUILD_CREATE: the server with everything in it that comes only over the gateway. */
export function toGuildCreate(known: SandboxGuild): Record<string, unknown> {
  const members = (MEMBERS[known.id] ?? []).map((name) => {
    const { permissions: _onlyInInteractions, ...member } = toApiMember(USERS[name], known.id, 0n);
    return member;
  });
  return {
    ...toApiGuild(known),
    joined_at: JOINED_AT,
    large: false,
    unavailable: false,
    member_count: members.length,
    members,
    channels: known.channels.map(toApiChannel),
    threads: [],
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

export function toApiApplication(): Partial<APIApplication> {
  const bot = toApiUser(USERS.bot);
  return {
    id: APPLICATION_ID,
    name: USERS.bot.username,
    icon: null,
    description: 'The application of the sandbox.',
    bot,
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    team: null,
    flags: 0 as ApplicationFlags,
    approximate_guild_count: GUILDS.length,
    approximate_user_install_count: 0,
    integration_types_config: { 0: {}, 1: {} },
    redirect_uris: [],
    interactions_endpoint_url: null,
  };
}

function person(id: string, username: string, globalName: string, color: string): SandboxUser {
  return { id, username, globalName, color, isModerator: false, isBot: false };
}

function guild(id: string, name: string, channels: readonly (readonly [string, string, string])[]): SandboxGuild {
  return {
    id,
    name,
    channels: channels.map(([channelId, channelName, topic]) => ({
      id: channelId,
      guildId: id,
      name: channelName,
      topic,
    })),
  };
}

function moderatorRoleId(guildId: string): string {
  return String(BigInt(guildId) + MODERATOR_ROLE_SUFFIX);
}

export function findRole(roleId: string, guildId: string): APIRole | undefined {
  return toApiRoles(guildId).find((known) => known.id === roleId);
}

/** Lowest first. */
export function toApiRoles(guildId: string): APIRole[] {
  return [
    role(guildId, '@everyone', MEMBER_PERMISSIONS, 0),
    role(moderatorRoleId(guildId), 'Moderator', MODERATOR_PERMISSIONS, 1),
  ];
}

function role(id: string, name: string, permissions: bigint, position: number): APIRole {
  return {
    id,
    name,
    permissions: String(permissions),
    position,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    managed: false,
    mentionable: false,
    flags: 0 as RoleFlags,
  };
}
