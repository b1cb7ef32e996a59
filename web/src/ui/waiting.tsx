// Nothing, waiting, broken: the three states of a list that has no rows to show.
import { useEffect, useState } from "react";
import { useSay, useSentence } from "../i18n";

const PATIENCE_MS = 300;

/** Nothing before 300 ms, then the true shape in grey. */
export function Skeleton({ rows }: { rows: number }) {
  const [late, setLate] = useState(false);
  const say = useSay();
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <div className="skeleton" role="status" aria-label={say("common.loading")}>
      {Array.from({ length: rows }, (_, row) => (
        <i key={row} />
      ))}
    </div>
  );
}

export function Empty({ children }: { children: React.ReactNode }) {
  return <p className="empty">{children}</p>;
}

export function Failure({ what, error, again }: { what: string; error: unknown; again: () => void }) {
  const say = useSay();
  const sentence = useSentence();
  return (
    <div className="failure" role="alert">
      <p>
        {what} {sentence(error)}
      </p>
      <button type="button" className="button plain" onClick={again}>
        {say("common.again")}
      </button>
    </div>
  );
}
