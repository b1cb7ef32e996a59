// The page on which people sign in. It also says what would keep a browser phone from working, before anybody wonders.
import { useEffect, useState } from "react";
import { Refusal } from "../api/client";
import { readSession, signIn, type Gate } from "../api/session";
import { useSay } from "../i18n";
import { microphoneHidden } from "../phone/microphone";
import { useDeed } from "../ui/act";
import { Choice } from "../ui/choice";
import { Icon } from "../ui/icons";
import { usePreference, type Language, type Theme } from "../ui/preferences";
import "./signin.css";

const AGAIN_MS = 2_000;

export function SignInPage({ gate }: { gate: Gate }) {
  const say = useSay();
  useEffect(() => {
    document.title = say("app.title");
  });
  useEffect(() => {
    if (gate.at !== "away") return;
    const timer = setInterval(() => void readSession(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [gate.at]);
  return (
    <div className="signin">
      <main className="signin-card">
        <header>
          <Mark />
          <div>
            <h1>{say("app.name")}</h1>
            <p>{say("signin.tagline")}</p>
          </div>
        </header>
        {gate.at === "out" && gate.ended ? <p className="signin-note">{say("signin.ended")}</p> : null}
        {gate.at === "away" ? <p className="signin-note">{say("signin.away")}</p> : null}
        <SignInForm />
        {microphoneHidden() ? <InsecureNote /> : null}
      </main>
      <Looks />
    </div>
  );
}

function SignInForm() {
  const say = useSay();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [code, setCode] = useState<string | null>(null);
  const { busy, refusal, run } = useDeed(async () => {
    try {
      await signIn(username.trim(), password, code?.trim());
    } catch (error) {
      if (error instanceof Refusal && error.code === "code_needed" && code === null) return setCode("");
      throw error;
    }
  });
  const ready = username.trim() !== "" && password !== "" && code?.trim() !== "";
  return (
    <form
      className="signin-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) void run();
      }}
    >
      <label>
        <span>{say("signin.username")}</span>
        <input value={username} onChange={(event) => setUsername(event.target.value)} autoComplete="username" autoFocus spellCheck={false} maxLength={64} />
      </label>
      <label>
        <span>{say("signin.password")}</span>
        <span className="signin-secret">
          <input value={password} onChange={(event) => setPassword(event.target.value)} type={shown ? "text" : "password"} autoComplete="current-password" maxLength={256} />
          <button type="button" className="button quiet" aria-pressed={shown} aria-label={say(shown ? "signin.hide" : "signin.show")} onClick={() => setShown(!shown)}>
            <Icon name="eye" />
          </button>
        </span>
      </label>
      {code === null ? null : (
        <label>
          <span>{say("signin.code")}</span>
          <input className="figure" value={code} onChange={(event) => setCode(event.target.value)} autoComplete="one-time-code" autoFocus spellCheck={false} maxLength={20} />
        </label>
      )}
      <button type="submit" className="button primary large" aria-disabled={!ready || busy} aria-busy={busy}>
        {say(busy ? "signin.acting" : "signin.act")}
      </button>
      <p className="signin-refusal" role="alert">
        {refusal}
      </p>
    </form>
  );
}

function InsecureNote() {
  const say = useSay();
  const safe = `https://${location.host}/`;
  return (
    <p className="signin-note warn">
      {say("signin.insecure")} <a href={safe}>{safe}</a>
    </p>
  );
}

/** Language and appearance: both are remembered in this browser. */
function Looks() {
  const say = useSay();
  const [language, setLanguage] = usePreference("language");
  const [theme, setTheme] = usePreference("theme");
  const languages: { value: Language; label: string }[] = [
    { value: "zh-CN", label: "中文" },
    { value: "en", label: "English" },
  ];
  const themes = (["system", "light", "dark"] as Theme[]).map((value) => ({ value, label: say(`menu.${value}`) }));
  return (
    <footer className="signin-looks">
      <Choice label={say("menu.language")} value={language} options={languages} onChange={setLanguage} />
      <Choice label={say("menu.theme")} value={theme} options={themes} onChange={setTheme} />
    </footer>
  );
}

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M9 19v-3a7 7 0 0 1 14 0v3M9 17h3v6H9zM20 17h3v6h-3zM21.5 23c0 2-2 2.8-4.5 2.8" />
    </svg>
  );
}
