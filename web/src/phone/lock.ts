// One desk is live: of several windows of one browser only one may be the phone.

const NAME = "yingda.phone";

/** Become the phone. `lost` is called when another window takes it over; null: another window is the phone. */
export async function takePhone(steal: boolean, lost: () => void): Promise<(() => void) | null> {
  return new Promise((decide) => {
    const held = (lock: Lock | null): Promise<void> | undefined => {
      if (lock === null) {
        decide(null);
        return undefined;
      }
      return new Promise((release) => decide(release));
    };
    const options: LockOptions = steal ? { steal: true } : { ifAvailable: true };
    navigator.locks.request(NAME, options, held).catch(lost);
  });
}
