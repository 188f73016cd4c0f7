/** What messages and their parts need to know of the page around them. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { SandboxChannel, SandboxUser } from '../interface.ts';
import type { Component } from './component-shape.ts';

export interface PageFacts {
  users: readonly SandboxUser[];
  channels: readonly SandboxChannel[];
}

export const Page = createContext<PageFacts>({ users: [], channels: [] });

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
