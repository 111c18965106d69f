import assert from "node:assert/strict";
import { createServer } from "node:net";
import { afterEach, test } from "node:test";
import fc from "fast-check";
import { createLog } from "../log/log.ts";
import { type Mail, MailError, type Mailer } from "./mail.ts";
import { createMailer } from "./mailer.ts";
import { type SmtpSink, startSmtpSink } from "./testing.ts";

const FROM = "聯防 <lianfang@water.example>";
const sinks: SmtpSink[] = [];
const lines: string[] = [];
const log = createLog({ level: "debug", write: (line) => lines.push(line) });

afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.stop();
  lines.length = 0;
});

async function sinkAndMailer(
  options: Parameters<typeof startSmtpSink>[0] = {},
): Promise<{ sink: SmtpSink; mailer: Mailer }> {
  const sink = await startSmtpSink(options);
  sinks.push(sink);
  return { sink, mailer: createMailer({ smtp: sink.url, from: FROM, log }) };
}

const overdue: Mail = {
  to: ["duty@water.example", "second@water.example"],
  subject: "通報逾期：石門水庫 二級事件",
  text: "初報時限已過 12 分鐘。\n.\n\nThe first report is 12 minutes late.\n",
  key: "incidents.overdue/42/first-report",
};

function refusedAs(reason: MailError["reason"]): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof MailError && thrown.reason === reason;
}

test("a mail arrives over a real socket with its Chinese subject, sender and text", async () => {
  const { sink, mailer } = await sinkAndMailer();
  assert.equal(mailer.configured, true);
  await mailer.send(overdue);
  const [mail] = sink.mails;
  assert.equal(sink.mails.length, 1);
  assert.equal(mail?.subject, overdue.subject);
  assert.equal(mail?.text, overdue.text);
  assert.deepEqual(mail?.from?.value, [{ name: "聯防", address: "lianfang@water.example" }]);
  assert.deepEqual(sink.envelopes, [overdue.to]);
  assert.equal(mail?.headers.get("auto-submitted"), "auto-generated");
});

test("the Message-ID follows from the key alone", async () => {
  const { sink, mailer } = await sinkAndMailer();
  await mailer.send(overdue);
  await mailer.send({ ...overdue, text: "again" });
  await mailer.send({ ...overdue, key: "incidents.overdue/43/first-report" });
  const ids = sink.mails.map((mail) => mail.messageId);
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
  assert.match(ids[0] ?? "", /^<[0-9a-f]{32}@water\.example>$/);
});

test("no text of a mail begins a header or adds a recipient", async () => {
  const { sink, mailer } = await sinkAndMailer();
  const hostile = fc.string({
    unit: fc.constantFrom("a", " ", "\r", "\n", "\0", ":", "\u2028", "水", "Bcc: x@evil.example\r\n"),
  });
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (subject, key) => {
      const before = sink.mails.length;
      await mailer.send({ to: ["duty@water.example"], subject: `x${subject}`, text: "t", key });
      const mail = sink.mails[before];
      assert.deepEqual(sink.envelopes[before], ["duty@water.example"]);
      assert.equal(mail?.bcc, undefined);
      assert.deepEqual([...(mail?.headers.keys() ?? [])].sort(), [
        "auto-submitted",
        "content-transfer-encoding",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "subject",
        "to",
      ]);
    }),
    { numRuns: 40 },
  );
});

test("what is not one plain address is refused before anything is sent", async () => {
  const { sink, mailer } = await sinkAndMailer();
  const bad = [
    "",
    "duty",
    "a@b, c@d",
    "a@b\r\nRCPT TO:<c@d>",
    "A <a@b>",
    "a@b@c",
    "a @b",
    `${"a".repeat(251)}@b.c`,
  ];
  for (const address of bad) {
    await assert.rejects(
      mailer.send({ ...overdue, to: ["duty@water.example", address] }),
      refusedAs("bad-mail"),
      address,
    );
  }
  await assert.rejects(mailer.send({ ...overdue, to: [] }), refusedAs("bad-mail"));
  assert.equal(sink.mails.length, 0);
});

test("without a server it says so and every mail is refused", async () => {
  const mailer = createMailer({ from: FROM, log });
  assert.equal(mailer.configured, false);
  await assert.rejects(mailer.send(overdue), refusedAs("not-configured"));
});

test("a server that is away, refuses all or puts some off makes the sender try again", async () => {
  const away = createServer();
  const port = await new Promise<number>((resolve) => {
    away.listen(0, "127.0.0.1", () => resolve((away.address() as { port: number }).port));
  });
  await new Promise((closed) => away.close(closed));
  const lost = createMailer({ smtp: `smtp://127.0.0.1:${port}`, from: FROM, log });
  await assert.rejects(lost.send(overdue), refusedAs("not-taken"));

  const closed = await sinkAndMailer({ refuse: () => 550 });
  await assert.rejects(closed.mailer.send(overdue), refusedAs("not-taken"));

  const partly = await sinkAndMailer({ refuse: (to) => (to.startsWith("second@") ? 451 : undefined) });
  await assert.rejects(partly.mailer.send(overdue), refusedAs("not-taken"));
});

test("a recipient refused for good does not stop the others, and the log tells", async () => {
  const { sink, mailer } = await sinkAndMailer({
    refuse: (to) => (to.startsWith("second@") ? 550 : undefined),
  });
  await mailer.send(overdue);
  assert.deepEqual(sink.envelopes, [["duty@water.example"]]);
  assert.ok(
    lines.some((line) => line.includes('"level":"error"') && line.includes("refused for some recipients")),
  );
});

test("it signs in with the password of the URL, and the password is in no log line and no error", async () => {
  const login = { user: "node", password: "pa:ss/w@rd" };
  const { sink, mailer } = await sinkAndMailer({ login });
  await mailer.send(overdue);
  assert.equal(sink.mails.length, 1);
  const wrong = createMailer({ smtp: sink.url.replace("%40rd", "%40rx"), from: FROM, log });
  await assert.rejects(wrong.send(overdue), (thrown: unknown) => {
    assert.ok(thrown instanceof MailError && thrown.reason === "not-taken");
    assert.ok(!thrown.message.includes("rx"));
    return true;
  });
  assert.ok(!lines.join("").includes("pa:ss"));
});

test("faults of the configuration are refused at once", () => {
  for (const smtp of ["nonsense", "http://mail.example", "smtp:"]) {
    assert.throws(() => createMailer({ smtp, from: FROM, log }), refusedAs("bad-mail"), smtp);
  }
  assert.throws(() => createMailer({ from: "nobody", log }), refusedAs("bad-mail"));
  assert.throws(() => createMailer({ from: "x <a@b>\r\nBcc: <c@d\n>", log }), refusedAs("bad-mail"));
});
