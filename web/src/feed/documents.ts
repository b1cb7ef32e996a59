// The live documents, under the name that screens import.
export type * from "@yingda/desk";
