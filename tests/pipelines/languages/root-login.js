// Finds sign-ins of the root user: a rule that is written from the WIT alone.
const text = "text";
const decoder = new TextDecoder("utf-8", { fatal: true });

export const eventFilter = {
  describe: () => [
    {
      id: "com.example.root-login", name: "The root user signed in", version: "1.0.0", authors: [], license: "",
      severity: "low", riskScore: 21, tags: [], references: [], threats: [],
      columns: [{ name: "time", kind: text }, { name: "address", kind: text }],
      settingsSchema: "", needles: ["ConsoleLogin"],
    },
  ],

  document: () => ({ description: "Finds sign-ins of the root user.", triage: "" }),

  // What is thrown is the error of the WIT's result.
  configure(rule, settings) {
    if (rule !== 0 || settings.trim() !== "{}") throw [{ pointer: "", expected: "no settings" }];
  },

  reads: () => true,

  evaluate(bytes) {
    let event;
    try {
      event = JSON.parse(decoder.decode(bytes));
    } catch (error) {
      throw { tag: "malformed", val: String(error) };
    }
    if (event === null || typeof event !== "object" || Array.isArray(event)) {
      throw { tag: "malformed", val: "it is no object" };
    }
    if (event.userIdentity?.type !== "Root" || event.eventName !== "ConsoleLogin") return [];
    const columns = JSON.stringify({ time: event.eventTime ?? null, address: event.sourceIPAddress ?? null });
    return [{ rule: 0, columns }];
  },
};
