/** Who has shut the bot out though the app is installed: a person in the talk with it, or an administrator everywhere. */
import type { Organisation, Place } from "./tenant-model.ts";

export interface BotBlocks {
  /** By the person of a personal chat. A second time does nothing, here and below. */
  setBlocked(chatId: string, isBlocked: boolean): void;
  setDisabled(organisation: Organisation, isDisabled: boolean): void;
  isDisabled(organisation: Organisation): boolean;
  /** What stands between the bot and the place; null: nothing. */
  findBlock(place: Place): "by-user" | "by-admin" | null;
}

export function createBotBlocks(): BotBlocks {
  const blockedChats = new Set<string>();
  const disabledIn = new Set<string>();

  return {
    setBlocked: (chatId, isBlocked) => set(blockedChats, chatId, isBlocked),
    setDisabled: ({ id }, isDisabled) => set(disabledIn, id, isDisabled),
    isDisabled: ({ id }) => disabledIn.has(id),
    findBlock(place) {
      if (disabledIn.has(place.organisation.id)) return "by-admin";
      return place.kind === "chat" && blockedChats.has(place.chat.id) ? "by-user" : null;
    },
  };
}

function set(ids: Set<string>, id: string, isIn: boolean): void {
  if (isIn) ids.add(id);
  else ids.delete(id);
}
