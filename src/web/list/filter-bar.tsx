import { CloseOutlined, FilterOutlined, SearchOutlined } from "@ant-design/icons";
import { Button, Checkbox, Input, Popover, Radio, Select } from "antd";
import { type RefObject, useEffect, useState } from "react";
import { serverNow } from "../api.ts";
import { useTexts } from "../i18n.ts";
import { usePhone } from "../look.ts";
import type { Filters } from "../route.tsx";
import { instantTyped, taipei } from "../time.ts";
import type { FilterField } from "./list.ts";

interface EditorProps {
  readonly field: FilterField;
  readonly value: string;
  readonly set: (value: string) => void;
}

function TextEditor({ field, value, set }: EditorProps) {
  const t = useTexts();
  const shown = field.kind === "instant" && value !== "" ? taipei(value) : value;
  const [text, setText] = useState(shown);
  const send = () => {
    if (field.kind !== "instant") return set(text.trim());
    const at = instantTyped(text, serverNow());
    if (at !== undefined || text === "") set(at ?? "");
  };
  return (
    <Input
      size="small"
      aria-label={field.label}
      autoFocus
      value={text}
      placeholder={field.kind === "instant" ? "2026-11-23 14:05" : t("filter.type")}
      onChange={(event) => setText(event.target.value)}
      onPressEnter={send}
      onBlur={send}
    />
  );
}

const MANY = 10;

function Editor(props: EditorProps) {
  const { field, value, set } = props;
  const t = useTexts();
  const options = (field.options ?? []).map((option) => ({ ...option }));
  if (field.kind === "choices") {
    const chosen = value === "" ? [] : value.split(",");
    return (
      <Checkbox.Group
        className="choices"
        options={options}
        value={chosen}
        onChange={(values) => set(values.join(","))}
      />
    );
  }
  if (field.kind === "choice" && options.length > MANY) {
    return (
      <Select
        size="small"
        className="filter-select"
        aria-label={field.label}
        showSearch={{ optionFilterProp: "label" }}
        options={options}
        value={value === "" ? null : value}
        onChange={(chosen) => set(chosen)}
        getPopupContainer={(place) => place.parentElement ?? document.body}
      />
    );
  }
  if (field.kind === "choice" || field.kind === "flag") {
    const flags = [
      { value: "true", label: t("yes") },
      { value: "false", label: t("no") },
    ];
    return (
      <Radio.Group
        className="choices"
        options={field.kind === "flag" ? flags : options}
        value={value}
        onChange={(event) => set(String(event.target.value))}
      />
    );
  }
  return <TextEditor {...props} />;
}

function worded(field: FilterField, value: string, t: (key: string) => string): string {
  if (field.kind === "instant") return taipei(value);
  if (field.kind === "flag") return t(value === "true" ? "yes" : "no");
  const labels = new Map(field.options?.map((option) => [option.value, option.label]));
  return field.kind === "text"
    ? value
    : value
        .split(",")
        .map((one) => labels.get(one) ?? one)
        .join(t("comma"));
}

function Chip({ field, value, set }: EditorProps) {
  const t = useTexts();
  return (
    <span className="chip">
      <Popover
        trigger="click"
        placement="bottomLeft"
        destroyOnHidden
        content={<Editor field={field} value={value} set={set} />}
      >
        <button type="button" className="chip-body">
          <span className="muted">{field.label}</span> {worded(field, value, t)}
        </button>
      </Popover>
      <button
        type="button"
        className="chip-close"
        aria-label={t("filter.remove", { label: field.label })}
        onClick={() => set("")}
      >
        <CloseOutlined aria-hidden="true" />
      </button>
    </span>
  );
}

function SearchBox({
  value,
  set,
  box,
}: {
  readonly value: string;
  readonly set: (value: string) => void;
  readonly box: RefObject<HTMLInputElement | null>;
}) {
  const t = useTexts();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <span className="search-box">
      <SearchOutlined aria-hidden="true" />
      <input
        ref={box}
        type="search"
        aria-label={t("search")}
        placeholder={t(usePhone() ? "search" : "search.list")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          if (event.target.value === "") set("");
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.nativeEvent.isComposing) set(text.trim());
          if (event.key === "Escape") event.currentTarget.blur();
        }}
        onBlur={() => set(text.trim())}
      />
    </span>
  );
}

interface FilterBarProps {
  readonly fields: readonly FilterField[];
  readonly search: string | undefined;
  readonly filters: Filters;
  readonly set: (change: Filters) => void;
  readonly searchBox: RefObject<HTMLInputElement | null>;
}

/** Search box, a chip for each filter that is on, and a menu of those that are not. */
export function FilterBar({ fields, search, filters, set, searchBox }: FilterBarProps) {
  const t = useTexts();
  const [adding, setAdding] = useState<FilterField>();
  const [open, setOpen] = useState(false);
  const off = fields.filter((field) => (filters[field.name] ?? "") === "");
  const menu =
    adding === undefined ? (
      <ul className="plain filter-menu">
        {off.map((field) => (
          <li key={field.name}>
            <button type="button" className="menu-line" onClick={() => setAdding(field)}>
              {field.label}
            </button>
          </li>
        ))}
      </ul>
    ) : (
      <div className="stack">
        <strong>{adding.label}</strong>
        <Editor
          field={adding}
          value={filters[adding.name] ?? ""}
          set={(value) => {
            set({ [adding.name]: value });
            if (adding.kind !== "choices") setOpen(false);
          }}
        />
      </div>
    );
  return (
    <div className="filter-bar">
      {search !== undefined && (
        <SearchBox
          box={searchBox}
          value={filters[search] ?? ""}
          set={(value) => value !== (filters[search] ?? "") && set({ [search]: value })}
        />
      )}
      {fields.map((field) => {
        const value = filters[field.name] ?? "";
        return value === "" ? null : (
          <Chip key={field.name} field={field} value={value} set={(next) => set({ [field.name]: next })} />
        );
      })}
      {fields.length > 0 && (
        <Popover
          trigger="click"
          placement="bottomLeft"
          open={open}
          onOpenChange={(next) => {
            setOpen(next);
            if (next) setAdding(undefined);
          }}
          content={menu}
        >
          <Button
            size="small"
            type="text"
            icon={<FilterOutlined aria-hidden="true" />}
            disabled={off.length === 0 && adding === undefined}
          >
            {t("filter.add")}
          </Button>
        </Popover>
      )}
    </div>
  );
}
