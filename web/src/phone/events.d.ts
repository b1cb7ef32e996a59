// What JsSIP's classes inherit, as far as it is used here; the package itself brings no types.
declare module "events" {
  export class EventEmitter {
    removeAllListeners(): this;
  }
}
