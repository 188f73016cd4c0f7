/** What messages and their parts need to know of the page around them. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { SandboxChannel, SandboxUser } from '../interface.ts';
import type { Component } from './component-shape.ts';

export interface PageFacts {
  /** Everyone, the bot too. */
  users: readonly SandboxUser[];
  /** Of the server that is open: whom and what a menu or an option can name. */
  members: readonly SandboxUser[];
  roles: readonly { id: string; name: string }[];
  guildChannels: readonly SandboxChannel[];
  /** Of every server, for mentions. */
  channels: readonly SandboxChannel[];
  /** What a person may send in the server that is open. */
  largestFileBytes: number;
  /** Through whom the page looks. */
  viewerId: string;
}

export const Page = createContext<PageFacts>({
  users: [],
  members: [],
  roles: [],
  guildChannels: [],
  channels: [],
  largestFileBytes: 0,
  viewerId: '',
});

export function usePage(): PageFacts {
  return useContext(Page);
}

/** Of the message a component stands on. */
export interface MessageActions {
  /** The custom_ids that were pressed and not answered yet. */
  pending: ReadonlySet<string>;
  press(component: Component, values?: string[]): void;
}

export const Actions = createContext<MessageActions>({ pending: new Set(), press: () => undefined });

export function useActions(): MessageActions {
  return useContext(Actions);
}

/** Opens the pictures of a message large, at the one with this address. */
export const OpenPicture = createContext<(url: string) => void>(() => undefined);

export function useOpenPicture(): (url: string) => void {
  return useContext(OpenPicture);
}
