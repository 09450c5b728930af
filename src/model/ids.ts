/** Ids that must not be mixed up, as branded strings. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A row of the inbox. */
export type NotificationId = number & { readonly [brand]: "NotificationId" };
/** Our own id of a subscription, made before Graph gives it one. */
export type SubscriptionKey = Branded<"SubscriptionKey">;
