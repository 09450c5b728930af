/** The names of permissions that mean something here, so that a misspelt one is refused. */

const INSTALLATION_ROLES = ["Chat", "Team", "User"].flatMap((where) =>
  ["Read", "ReadWriteSelf", "ReadWrite", "ReadWriteAndConsentSelf", "ReadWriteAndConsent"].map(
    (what) => `TeamsAppInstallation.${what}For${where}.All`,
  ),
);

/** Application permissions: all that any route or delivery here looks for. */
export const APP_ROLES: readonly string[] = [
  ...["AppCatalog.Read.All", "AppCatalog.ReadWrite.All"],
  ...["Channel.ReadBasic.All", "ChannelMessage.Read.All"],
  ...["ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All"],
  ...["Chat.Read.All", "Chat.Read.WhereInstalled", "Chat.ReadBasic.All", "Chat.ReadBasic.WhereInstalled"],
  ...["Chat.ReadWrite.All", "Chat.ReadWrite.WhereInstalled"],
  ...["ChatMember.Read.All", "ChatMember.ReadWrite.All", "Directory.Read.All"],
  ...["Team.ReadBasic.All", "TeamMember.Read.All", "TeamMember.ReadWrite.All"],
  ...["TeamSettings.Read.All", "TeamSettings.ReadWrite.All", "User.Read.All", "User.ReadBasic.All"],
  ...["TeamsAppInstallation.ManageSelectedForChat.All", "TeamsAppInstallation.ManageSelectedForTeam.All"],
  ...["TeamsAppInstallation.Read.All", "TeamsAppInstallation.ReadWriteSelectedForUser.All"],
  ...INSTALLATION_ROLES,
];

/**
 * Resource-specific permissions of applications, those that decide nothing here too: a manifest may ask for them.
 * Source: https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
 */
export const RSC_PERMISSIONS: readonly string[] = [
  ...["Channel.Create.Group", "Channel.Delete.Group", "ChannelMeeting.ReadBasic.Group"],
  ...["ChannelMeetingNotification.Send.Group", "ChannelMeetingParticipant.Read.Group"],
  ...["ChannelMeetingRecording.Read.Group", "ChannelMeetingTranscript.Read.Group"],
  ...["ChannelMessage.Read.Group", "ChannelMessage.Send.Group"],
  ...["ChannelSettings.Read.Group", "ChannelSettings.ReadWrite.Group"],
  ...["TeamMember.Read.Group", "TeamSettings.Read.Group", "TeamSettings.ReadWrite.Group"],
  ...["TeamsActivity.Send.Group", "TeamsApp.Read.Group", "TeamsAppInstallation.Read.Group"],
  ...["TeamsTab.Create.Group", "TeamsTab.Delete.Group", "TeamsTab.Read.Group", "TeamsTab.ReadWrite.Group"],
  ...["Calls.AccessMedia.Chat", "Calls.JoinGroupCalls.Chat", "Chat.Manage.Chat", "ChatMember.Read.Chat"],
  ...["ChatMessage.Read.Chat", "ChatMessageReadReceipt.Read.Chat"],
  ...["ChatSettings.Read.Chat", "ChatSettings.ReadWrite.Chat", "OnlineMeeting.ReadBasic.Chat"],
  ...["OnlineMeetingNotification.Send.Chat", "OnlineMeetingParticipant.Read.Chat"],
  ...["OnlineMeetingRecording.Read.Chat", "OnlineMeetingTranscript.Read.Chat"],
  ...["TeamsActivity.Send.Chat", "TeamsAppInstallation.Read.Chat"],
  ...["TeamsTab.Create.Chat", "TeamsTab.Delete.Chat", "TeamsTab.Read.Chat", "TeamsTab.ReadWrite.Chat"],
  ...["TeamsActivity.Send.User", "TeamsAppInstallation.Read.User"],
];
