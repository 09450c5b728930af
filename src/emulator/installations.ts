/** Where the app is installed, and what it was granted there. */
import { ApiFault } from "./api-fault.ts";
import type { ChangeListener, InstallTarget, Organisation, Place } from "./tenant-model.ts";
import { readInstallId } from "./tenant-model.ts";

export interface Installations {
  /** False: it was installed there already. */
  install(target: InstallTarget): boolean;
  /** False: it was not installed there. */
  uninstall(target: InstallTarget): boolean;
  isInstalled(installId: string): boolean;
  /** Resource-specific permissions that the app holds in this team or chat. */
  listGrants(installId: string): readonly string[];
  /** True where the bot is on the roster: installed, and not in a private channel. */
  isBotHere(place: Place): boolean;
  hasAnyGrant(organisation: Organisation): boolean;
  /**
   * From now on these and no others. Throws 404 where the app is not installed, as does the next, and 409 where it holds
   * just these already: what is not held cannot be withdrawn.
   */
  setGrants(installId: string, grants: readonly string[]): void;
  /** The app is updated, and granted anew what its manifest asks for. */
  upgrade(target: InstallTarget, manifestPermissions?: readonly string[]): void;
}

/**
 * `rscPermissions` is what the manifest asks for. Grants are given at installation: `.Group` in teams, `.Chat` in
 * group and meeting chats, `.User` in personal chats.
 * Source: https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
 */
export function createInstallations(rscPermissions: readonly string[], emit: ChangeListener): Installations {
  const grantsById = new Map<string, { organisationId: string; grants: readonly string[] }>();

  function demandInstalled(installId: string) {
    const found = grantsById.get(installId);
    if (found) return found;
    throw new ApiFault(404, "NotFound", `The app is not installed in ${installId}.`);
  }

  return {
    install(target) {
      const id = readTargetId(target);
      if (grantsById.has(id)) return false;
      grantsById.set(id, {
        organisationId: target.organisation.id,
        grants: chooseGrants(target, rscPermissions),
      });
      emit({ kind: "installed", target });
      return true;
    },
    uninstall(target) {
      if (!grantsById.delete(readTargetId(target))) return false;
      emit({ kind: "uninstalled", target });
      return true;
    },
    isInstalled: (installId) => grantsById.has(installId),
    listGrants: (installId) => grantsById.get(installId)?.grants ?? [],
    isBotHere: (place) =>
      grantsById.has(readInstallId(place)) && !(place.kind === "channel" && place.channel.kind === "private"),
    setGrants(installId, grants) {
      const found = demandInstalled(installId);
      if (
        new Set([...grants, ...found.grants]).size === grants.length &&
        grants.length === found.grants.length
      ) {
        const held = found.grants.join(", ") || "none";
        throw new ApiFault(409, "Conflict", `That changes nothing: the app's permissions there are ${held}.`);
      }
      grantsById.set(installId, { ...found, grants });
    },
    upgrade(target, manifestPermissions = rscPermissions) {
      const id = readTargetId(target);
      grantsById.set(id, { ...demandInstalled(id), grants: chooseGrants(target, manifestPermissions) });
      emit({ kind: "upgraded", target });
    },
    hasAnyGrant: ({ id }) =>
      [...grantsById.values()].some(
        ({ organisationId, grants }) => organisationId === id && grants.length > 0,
      ),
  };
}

export function readTargetId(target: InstallTarget): string {
  return target.kind === "team" ? target.team.id : target.chat.id;
}

function chooseGrants(target: InstallTarget, permissions: readonly string[]): readonly string[] {
  const suffix = readSuffix(target);
  return permissions.filter((name) => name.endsWith(suffix));
}

function readSuffix(target: InstallTarget): string {
  if (target.kind === "team") return ".Group";
  return target.chat.kind === "personal" ? ".User" : ".Chat";
}
