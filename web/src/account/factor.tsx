// The second factor: begun with the password, in force once the authenticator has shown a right code.
import { useState } from "react";
import { post, put } from "../api/client";
import { readAgain } from "../api/session";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import type { Account } from "./model";

interface Begun {
  secret: string;
  picture: string;
}

export function Factor({ account, done }: { account: Account; done: () => void }) {
  const say = useSay();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const confirmed = (shown: string[]): void => {
    setBegun(null);
    setCodes(shown);
    done();
  };
  return (
    <section className="card">
      <h2>{say("account.factor")}</h2>
      {codes === null ? null : <Codes codes={codes} close={() => (setCodes(null), void readAgain())} />}
      {begun === null ? null : <Confirm begun={begun} confirmed={confirmed} />}
      {codes === null && begun === null ? <Standing account={account} begin={setBegun} done={done} /> : null}
    </section>
  );
}

function Standing({ account, begin, done }: { account: Account; begin: (begun: Begun) => void; done: () => void }) {
  const say = useSay();
  const [password, setPassword] = useState("");
  const act = async (): Promise<void> => {
    if (account.second_factor) await post("/account/factor/remove", { password });
    else begin(await post<Begun>("/account/factor", { password }));
    setPassword("");
    if (account.second_factor) done();
  };
  return (
    <>
      <p>{account.second_factor ? say("account.factor_on", { left: account.recovery_codes_left }) : say("account.factor_off")}</p>
      <form onSubmit={(event) => event.preventDefault()}>
        <label htmlFor="factor-password">{say("account.current")}</label>
        <input id="factor-password" type="password" value={password} autoComplete="current-password" maxLength={256} onChange={(event) => setPassword(event.target.value)} />
        <Act
          label={say(account.second_factor ? "account.factor_remove" : "account.factor_begin")}
          doing={say("account.changing")}
          act={act}
          kind={account.second_factor ? "plain" : "primary"}
          why={password === "" ? say("account.fill_in") : null}
          type="submit"
        />
      </form>
    </>
  );
}

function Confirm({ begun, confirmed }: { begun: Begun; confirmed: (codes: string[]) => void }) {
  const say = useSay();
  const [code, setCode] = useState("");
  const act = async (): Promise<void> => confirmed((await put<{ codes: string[] }>("/account/factor", { code: code.trim() })).codes);
  return (
    <>
      <p>{say("account.factor_scan")}</p>
      <img className="picture" alt={say("account.factor_picture")} src={`data:image/svg+xml;base64,${btoa(begun.picture)}`} />
      <p className="secret">{begun.secret}</p>
      <form onSubmit={(event) => event.preventDefault()}>
        <label htmlFor="factor-code">{say("signin.code")}</label>
        <input id="factor-code" className="figure" value={code} autoComplete="one-time-code" autoFocus maxLength={6} onChange={(event) => setCode(event.target.value)} />
        <Act label={say("account.factor_confirm")} doing={say("account.changing")} act={act} kind="primary" why={code.trim().length === 6 ? null : say("account.six_digits")} type="submit" />
      </form>
    </>
  );
}

function Codes({ codes, close }: { codes: string[]; close: () => void }) {
  const say = useSay();
  return (
    <>
      <p>{say("account.recovery")}</p>
      <div className="codes-list">
        {codes.map((code) => (
          <span key={code}>{code}</span>
        ))}
      </div>
      <button type="button" className="button primary" onClick={close}>
        {say("account.kept")}
      </button>
    </>
  );
}
