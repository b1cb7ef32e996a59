// What crosses the HTTP API, under the names that screens use. The fields are the server's own (packages/desk/src/rest.ts).
import type { Rest } from "@yingda/desk";

export type Micros = number;
export type Role = Rest.SignedInUser["role"];
export type Device = Rest.DeviceOut;
export type Session = Rest.SessionOut;
export type CustomerField = Rest.CustomerFieldOut;
export type BusyReason = Rest.BusyReasonOut;
export type DeskState = Rest.Desk;
/** A SIP account of short life for this browser. Never kept beyond the page. */
export type PhoneAccount = Rest.Phone;
export type Recording = Rest.RecordingOut;
/** One contact by telephone. `outcome` is null while it is not over, `caller` if withheld or erased. */
export type CallRecord = Rest.CallRecord;
export type CallPage = Rest.CallPage;
export type Leg = Rest.LegOut;
export type Entry = Rest.EntryOut;
export type Offer = Rest.OfferOut;
export type Handling = Rest.HandlingOut;
export type TimelineEvent = Rest.TimelineEvent;
export type CallDetail = Rest.CallDetail;
