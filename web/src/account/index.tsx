// The own account: password, second factor, where one is signed in. Also the only page of somebody who has to choose a
// password or set up a second factor before anything else.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../api/client";
import type { Session } from "../api/types";
import { useSay } from "../i18n";
import { moment } from "../i18n/format";
import { Act } from "../ui/act";
import { Failure, Skeleton } from "../ui/waiting";
import "./account.css";
import { Factor } from "./factor";
import type { Account } from "./model";
import { Password } from "./password";

const KEY = ["account"];

export function AccountRoom({ session }: { session: Session }) {
  const say = useSay();
  const queries = useQueryClient();
  const account = useQuery({ queryKey: KEY, queryFn: ({ signal }) => get<Account>("/account", {}, signal) });
  const again = (): void => void queries.invalidateQueries({ queryKey: KEY });
  if (account.isPending) return <Skeleton rows={6} />;
  if (account.isError) return <Failure what={say("account.failed")} error={account.error} again={again} />;
  return (
    <div className="account">
      {session.must === null ? null : <p className="card wide first">{say(session.must === "enrol" ? "account.first_enrol" : "account.first_password")}</p>}
      {session.must === "enrol" ? null : <Password done={again} />}
      {session.must === "change_password" ? null : <Factor account={account.data} done={again} />}
      <Sessions account={account.data} done={again} />
    </div>
  );
}

function Sessions({ account, done }: { account: Account; done: () => void }) {
  const say = useSay();
  const others = account.sessions.filter((each) => !each.current);
  const end = async (): Promise<void> => {
    await post("/account/sessions/revoke");
    done();
  };
  return (
    <section className="card wide">
      <h2>{say("account.sessions")}</h2>
      <table className="table rows">
        <thead>
          <tr>
            <th>{say("account.began")}</th>
            <th>{say("account.seen")}</th>
            <th>{say("account.address")}</th>
            <th>{say("account.program")}</th>
          </tr>
        </thead>
        <tbody>
          {account.sessions.map((each) => (
            <tr key={each.session_id}>
              <td className="figure">{moment(each.created, say)}</td>
              <td className="figure">{each.current ? say("account.here") : moment(each.last_seen, say)}</td>
              <td className="figure">{each.address}</td>
              <td>{each.user_agent}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p />
      <Act label={say("account.end_others")} doing={say("account.ending")} act={end} why={others.length === 0 ? say("account.no_others") : null} />
    </section>
  );
}
