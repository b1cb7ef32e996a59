// One of a few: radio buttons drawn as a strip.
import { useId } from "react";

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: string }[];
  onChange: (value: T) => void;
  /** Show the label as text before the strip; else it is only read out. */
  shown?: boolean;
}

export function Choice<T extends string>({ label, value, options, onChange, shown = false }: ChoiceProps<T>) {
  const name = useId();
  return (
    <span className="choice-field">
      {shown ? <span className="choice-label">{label}</span> : null}
      <span className="choice" role="radiogroup" aria-label={label}>
        {options.map((option) => (
          <label key={option.value}>
            <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
            <span>{option.label}</span>
          </label>
        ))}
      </span>
    </span>
  );
}
