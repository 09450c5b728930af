import type { Tongue } from "./traffic-tongue.ts";

export const GERMAN: Tongue = {
  language: "de",
  topics: [
    {
      roots: [
        "Das WLAN im {floor}. Stock ist schon wieder weg. Geht es bei euch?",
        "Seit {time} Uhr kommt keine E-Mail mehr an, Störung ist gemeldet: {ticket}.",
        "Der Drucker in Raum {room} zieht kein Papier ein.",
      ],
      replies: [
        "Bei mir genauso.",
        "Ich schaue es mir an, gebt mir {count} Minuten.",
        "Läuft wieder, bitte einmal neu anmelden.",
        "Ursache war {host}, ist neu gestartet.",
        "Danke, das ging ja schnell!",
        "Größeres Problem: die Übertragung hängt seit {time} Uhr.",
      ],
    },
    {
      roots: [
        "Wer hat den Schlüssel für das Lager?",
        "Die Übergabe ist heute um {time} Uhr in Raum {room}.",
        "Kommt jemand mit zum Mittagessen? Heute gibt es Käsespätzle.",
      ],
      replies: [
        "Liegt bei mir auf dem Schreibtisch.",
        "Passt, bin dabei.",
        "Heute leider nicht, nächste Woche gern.",
        "Ich komme {count} Minuten später.",
        "Müsste im Schrank neben der Tür hängen.",
      ],
    },
  ],
  asks: [
    " kannst du bitte auf {ticket} schauen?",
    " weißt du, wem {host} gehört?",
    " bist du um {time} Uhr dabei?",
  ],
  afterthoughts: ["Nachtrag: Raum {room}, nicht nebenan.", "Stand {time} Uhr: erledigt."],
  headings: ["Protokoll der Lagebesprechung", "Ablauf der Störung"],
};

export const SWEDISH: Tongue = {
  language: "sv",
  topics: [
    {
      roots: [
        "Nätverket på våning {floor} ligger nere, någon mer som märker det?",
        "Skrivaren i rum {room} vägrar, ärendet är {ticket}.",
        "Kan någon återställa mitt lösenord? Jag är utelåst sedan {time}.",
      ],
      replies: [
        "Samma här.",
        "Jag tittar på det, ge mig {count} minuter.",
        "Nu ska det fungera igen.",
        "Startade om {host}, säg till om det krånglar.",
        "Tack så mycket!",
        "Fortfarande segt hos oss på övervåningen.",
      ],
    },
    {
      roots: [
        "Fika klockan {time} i köket, det blir kanelbullar.",
        "Veckomötet flyttas till {time}.",
        "Vem tar jouren över helgen?",
      ],
      replies: [
        "Jag kommer!",
        "Perfekt, då hinner jag.",
        "Kan inte, är hos kund.",
        "Jag kan ta lördagen.",
        "Spara en bulle åt mig 🙏",
      ],
    },
  ],
  asks: [" kan du kika på {ticket}?", " vet du vem som äger {host}?", " är du med klockan {time}?"],
  afterthoughts: ["Rättelse: rum {room}.", "Klart {time}."],
  headings: ["Anteckningar från driftmötet", "Händelserna i natt"],
};

export const FRENCH: Tongue = {
  language: "fr",
  topics: [
    {
      roots: [
        "Le wifi est coupé au {floor}e étage, vous aussi ?",
        "L'imprimante de la salle {room} ne répond plus depuis {time}.",
        "Incident {ticket} ouvert : impossible d'accéder à {host}.",
      ],
      replies: [
        "Pareil chez nous.",
        "Je regarde, donnez-moi {count} minutes.",
        "C'est rétabli, réessayez.",
        "Merci beaucoup, ça marche.",
        "Toujours très lent côté atelier…",
      ],
    },
    {
      roots: [
        "La réunion de {time} est déplacée en salle {room}.",
        "Quelqu'un pour déjeuner à {time} ?",
        "Où trouve-t-on le modèle de note de frais ?",
      ],
      replies: [
        "Ça marche pour moi.",
        "J'arrive dans {count} minutes.",
        "Dans le dossier partagé, à côté du planning.",
        "Désolée, je suis déjà prise.",
        "Avec plaisir 😊",
      ],
    },
  ],
  asks: [" peux-tu regarder {ticket} ?", " tu sais à qui appartient {host} ?", " tu es là à {time} ?"],
  afterthoughts: ["Correction : salle {room}.", "Mise à jour {time} : résolu."],
  headings: ["Compte rendu de la revue d'exploitation", "Chronologie de l'incident"],
};

export const SPANISH: Tongue = {
  language: "es",
  topics: [
    {
      roots: [
        "¿Alguien más sin conexión en la planta {floor}?",
        "El lector de tarjetas de la entrada no funciona desde las {time}.",
        "He abierto {ticket}: {host} no responde.",
      ],
      replies: [
        "Aquí igual.",
        "Lo estoy mirando, dame {count} minutos.",
        "Ya está, prueba otra vez.",
        "¡Gracias, qué rápido!",
        "Sigue lento en el almacén.",
      ],
    },
    {
      roots: [
        "Mañana empezamos a las {time}, sala {room}.",
        "¿Quién se apunta a comer a las {time}?",
        "¿Dónde está la plantilla del informe de turno?",
      ],
      replies: [
        "Me apunto.",
        "Llego {count} minutos tarde.",
        "En la carpeta compartida, al lado del año pasado.",
        "Hoy no puedo, lo siento.",
        "Perfecto 👌",
      ],
    },
  ],
  asks: [" ¿puedes mirar {ticket}?", " ¿sabes de quién es {host}?", " ¿vienes a las {time}?"],
  afterthoughts: ["Corrección: sala {room}.", "Actualizado a las {time}: resuelto."],
  headings: ["Acta de la reunión de operaciones", "Cronología de la incidencia"],
};
