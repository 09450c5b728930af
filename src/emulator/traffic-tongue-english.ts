import type { Tongue } from "./traffic-tongue.ts";

export const ENGLISH: Tongue = {
  language: "en",
  topics: [
    {
      roots: [
        "The wifi is down on floor {floor}, is anybody else seeing this?",
        "Heads up: the VPN keeps crashing since {time}. Ticket is {ticket}.",
        "{host} is not working for me, the login page just spins.",
        "Outage on the badge readers at the main entrance, doors stay shut.",
      ],
      replies: [
        "Same here, since about {time}.",
        "Looking into it. Give me {count} minutes.",
        "It works again on my side, can you try once more?",
        "Restarted {host}, sessions are coming back.",
        "Still {count} people without access up here.",
        "Root cause: an expired certificate on {host}. Write-up in {ticket}.",
        "Thanks for the quick fix!",
      ],
    },
    {
      roots: [
        "Could somebody reset my password? It expired over the weekend.",
        "New starter on Monday: who orders the laptop, us or the service desk?",
        "Does anyone have a spare docking station in room {room}?",
        "How do I get access to the shared mailbox of the plant?",
      ],
      replies: [
        "Open a request in the portal, it takes {count} minutes.",
        "I have one in {room}, come and fetch it.",
        "Done, please sign in again and tell me whether it works.",
        "That needs your manager's approval, sorry.",
        "Perfect, thank you.",
        "See {ticket}, it is the same question.",
      ],
    },
    {
      roots: [
        "Release {count} goes out at {time}. Freeze starts an hour before.",
        "Minutes of today's review are in the folder, please check the action items.",
        "We move the stand-up to {time} this week.",
        "The supplier confirmed: {count} monitors arrive on Thursday.",
      ],
      replies: [
        "Works for me.",
        "I am out until then, can somebody cover?",
        "Noted 👍",
        "Which branch is that from?",
        "Let us keep {time} as a fallback.",
        "I will update the calendar.",
      ],
    },
    {
      roots: [
        "Anyone for lunch at {time}?",
        "Who left the coffee machine in descaling mode? ☕",
        "There is cake in room {room}, first come, first served.",
      ],
      replies: [
        "I am in!",
        "Too late, it's gone 😅",
        "Save me a piece, please.",
        "On my way.",
        "Guilty. Fixing it now.",
      ],
    },
  ],
  asks: [
    " could you have a look at {ticket}?",
    " do you know who owns {host}?",
    " are you joining at {time}?",
    " thanks for yesterday, that saved us.",
  ],
  afterthoughts: [
    "Edit: it was room {room}, sorry.",
    "Update {time}: solved.",
    "PS: the ticket is {ticket}.",
  ],
  headings: ["Notes of the operations review", "What happened last night, hour by hour"],
};
