/** What pages use. `page.ts` is for the doors. A part of the kit that no page has needed yet is added here by the first that does. */
export { ApiProblem, api, type ListAnswer, type Query, serverNow } from "./api.ts";
export { type Act, type Got, useAct, useAll, useGet, useTouch } from "./data.ts";
export { CommentBox, DetailPage, type Moment } from "./detail/detail-page.tsx";
export { type Control, Field } from "./form/field.tsx";
export {
  CheckField,
  ChoiceField,
  ChoicesField,
  LinesField,
  NumberField,
  type Option,
  SecretField,
  TextField,
  TimeField,
} from "./form/fields.tsx";
export { type FieldName, type Form, useForm } from "./form/form.ts";
export { FormBody, FormPage } from "./form/form-page.tsx";
export { faultWords, type Translate, useLanguage, useTexts } from "./i18n.ts";
export { kept } from "./kept.ts";
export { type KeyAct, useKeys } from "./keys.ts";
export { csvOf, download } from "./list/export.ts";
export type { Choice, Column, FilterField, RowAct, View } from "./list/list.ts";
export { ListPage } from "./list/list-page.tsx";
export { usePhone } from "./look.ts";
export { Copyable, CopyButton, type FilterFor } from "./parts/copyable.tsx";
export { ConfirmDialog, ReasonDialog } from "./parts/dialog.tsx";
export { Empty, Failed, Loading, Shown } from "./parts/faces.tsx";
export { JsonView } from "./parts/json-view.tsx";
export { type Fact, HomeBox, Section, SmallTable } from "./parts/small.tsx";
export { LevelTag, type Severity, SeverityTag, StateTag, TlpTag, type Tone } from "./parts/tags.tsx";
export { Time, TimeLeft, useNow } from "./parts/time.tsx";
export { toast } from "./parts/toast.ts";
export { Go, useFilters, useGo, useParam } from "./route.tsx";
export { type Session, useMay, useOrgName, useSession, useSessionGate } from "./session.ts";
export { Preferences } from "./shell/account-menu.tsx";
export { spanWords, taipei } from "./time.ts";
