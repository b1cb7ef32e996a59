// A button that opens a short list below itself. Arrow keys move, Esc closes and gives the focus back.
import { useEffect, useRef, useState } from "react";
import { Icon } from "./icons";
import { useKey } from "./keys";

interface MenuProps {
  label: React.ReactNode;
  name: string;
  hotkey?: string | undefined;
  hint?: string | undefined;
  why?: string | null | undefined;
  side?: "left" | "right";
  className?: string;
  children: (close: () => void) => React.ReactNode;
}

export function Menu({ label, name, hotkey, hint, why = null, side = "left", className = "button plain", children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  useKey(hotkey, () => why === null && setOpen(true));
  useEffect(() => {
    if (!open) return;
    entries(box.current)[0]?.focus();
    const outside = (event: PointerEvent): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  return (
    <span className="menu" ref={box} onKeyDown={(event) => open && move(event, box.current, close)}>
      <button
        ref={button}
        type="button"
        className={className}
        aria-haspopup="true"
        aria-expanded={open}
        aria-disabled={why !== null}
        data-why={why ?? undefined}
        onClick={() => why === null && setOpen(!open)}
      >
        {label}
        {label === name ? null : <span className="unseen"> {name}</span>}
        {hint === undefined ? null : <kbd>{hint}</kbd>}
        <Icon name="down" />
      </button>
      {open ? (
        <div className={`menu-list ${side}`} role="group" aria-label={name}>
          {children(close)}
        </div>
      ) : null}
    </span>
  );
}

function entries(box: HTMLElement | null): HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>(".menu-list :is(button, input, a)") ?? [])];
}

function move(event: React.KeyboardEvent, box: HTMLElement | null, close: () => void): void {
  if (event.key === "Escape") {
    event.stopPropagation();
    close();
    return;
  }
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const range = event.target instanceof HTMLInputElement && event.target.type === "range";
  if (step === 0 || range) return;
  event.preventDefault();
  const all = entries(box);
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[(at + step + all.length) % all.length]?.focus();
}
