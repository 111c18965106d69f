import { toString as drawQr } from "qrcode";
import { useEffect, useState } from "react";
import { z } from "zod";
import {
  ApiProblem,
  api,
  CopyButton,
  Failed,
  FormBody,
  Loading,
  TextField,
  useForm,
  useTexts,
} from "../../../web/kit.ts";

const Confirm = z.object({ code: z.string().regex(/^\d{6}$/) });
type Confirm = z.infer<typeof Confirm>;

interface Offer {
  readonly secret: string;
  readonly uri: string;
  readonly picture: string;
}

async function askOffer(): Promise<Offer> {
  const { secret, uri } = await api.post<{ secret: string; uri: string }>("/api/v1/session/totp");
  const svg = await drawQr(uri, { type: "svg", margin: 2, errorCorrectionLevel: "M" });
  return { secret, uri, picture: `data:image/svg+xml,${encodeURIComponent(svg)}` };
}

const SECRET = ["code"] as const;

/** Sets up the authenticator app: picture, the key in letters, and the first code as proof. */
export function TotpForm({ done }: { readonly done: () => void }) {
  const t = useTexts("members");
  const [offer, setOffer] = useState<Offer>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [tries, setTries] = useState(0);
  const form = useForm<Confirm>({ name: "totp", initial: { code: "" }, schema: Confirm, secret: SECRET });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try asks anew.
  useEffect(() => {
    let left = false;
    askOffer().then(
      (made) => !left && setOffer(made),
      (cause: unknown) =>
        !left && setProblem(cause instanceof ApiProblem ? cause : new ApiProblem("unreadable")),
    );
    return () => {
      left = true;
    };
  }, [tries]);
  if (offer === undefined) {
    if (problem === undefined) return <Loading />;
    return (
      <Failed
        problem={problem}
        again={() => {
          setProblem(undefined);
          setTries(tries + 1);
        }}
      />
    );
  }
  return (
    <div className="stack">
      <p>{t("totp.scan")}</p>
      <img className="qr" src={offer.picture} alt={t("totp.qr")} />
      <div>
        <p className="field-label">{t("totp.secret")}</p>
        <p className="once">
          <span>{offer.secret.match(/.{1,4}/g)?.join(" ")}</span>
          <CopyButton text={offer.secret} />
        </p>
      </div>
      <FormBody
        form={form}
        submit={t("totp.confirm")}
        send={({ code }) => api.post<void>("/api/v1/session/totp/confirm", { code })}
        done={() => {
          form.reset();
          done();
        }}
      >
        <TextField
          form={form}
          name="code"
          label={t("totp.code")}
          required
          mono
          inputMode="numeric"
          autoComplete="one-time-code"
        />
      </FormBody>
    </div>
  );
}
