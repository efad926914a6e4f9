
"use strict";
(() => {
  const ROWS = 100, BINS = 60, GROUPS = 10;
  const SEVERITIES = ["informational", "low", "medium", "high", "critical"];
  const TACTICS = [["TA0043", "Reconnaissance"], ["TA0042", "Resource Development"], ["TA0001", "Initial Access"],
    ["TA0002", "Execution"], ["TA0003", "Persistence"], ["TA0004", "Privilege Escalation"],
    ["TA0005", "Defense Evasion"], ["TA0006", "Credential Access"], ["TA0007", "Discovery"],
    ["TA0008", "Lateral Movement"], ["TA0009", "Collection"], ["TA0011", "Command and Control"],
    ["TA0010", "Exfiltration"], ["TA0040", "Impact"]];
  const TIMES = ["@timestamp", "timestamp", "time", "eventTime"];
  const ACCOUNTS = ["cloud.account.id", "recipientAccountId", "account_id", "accountId", "account"];
  const ACTORS = ["aws.cloudtrail.user_identity.arn", "user.name", "user.id", "userIdentity.arn", "user_arn", "arn",
    "actor", "user", "userName"];

  const byId = (id) => document.getElementById(id);
  // Everything that an alert says goes through here, and is text.
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };
  const word = (value) => value === null || value === undefined ? "" :
    typeof value === "string" ? value : Array.isArray(value) ? value.map(word).join(", ") : JSON.stringify(value);
  const first = (alert, names) => word(alert[names.find((name) => word(alert[name]) !== "")]);

  const alerts = JSON.parse(byId("alerts").textContent).map((alert) => {
    const stamp = TIMES.map((name) => Date.parse(word(alert[name]))).find((time) => !Number.isNaN(time));
    const time = stamp === undefined ? Date.parse(word(alert.alert && alert.alert.found)) : stamp;
    const pairs = [];
    let tactic = "";
    for (const id of Array.isArray(alert.rule.attack) ? alert.rule.attack.map(word) : []) {
      if (id.startsWith("TA")) { tactic = id; pairs.push([tactic, ""]); }
      else {
        if (pairs.length && pairs[pairs.length - 1][0] === tactic && pairs[pairs.length - 1][1] === "") pairs.pop();
        pairs.push([tactic, id]);
      }
    }
    return { alert, time, pairs, rule: word(alert.rule.name) || word(alert.rule.id), severity: word(alert.rule.severity),
      account: first(alert, ACCOUNTS), actor: first(alert, ACTORS), text: "" };
  });

  const filters = new Map();
  let order = ["time", -1], page = 0, found = alerts;
  const rank = (severity) => SEVERITIES.indexOf(severity);
  const tone = (severity) => rank(severity) < 0 ? "var(--dim)" : `var(--${severity})`;
  const iso = (time) => Number.isNaN(time) ? "" : new Date(time).toISOString().replace("T", " ").replace(/\.000Z|Z$/, "");

  const filter = (name, shown, holds) => {
    if (filters.has(name) && filters.get(name).shown === shown) filters.delete(name);
    else filters.set(name, { shown, holds });
    page = 0;
    draw();
  };

  const select = () => {
    const wanted = byId("search").value.toLowerCase();
    const holds = [...filters.values()].map((one) => one.holds);
    found = alerts.filter((row) => {
      if (!holds.every((one) => one(row))) return false;
      if (!wanted) return true;
      row.text = row.text || JSON.stringify(row.alert).toLowerCase();
      return row.text.includes(wanted);
    });
    const [by, way] = order;
    const key = by === "severity" ? (row) => rank(row.severity) : (row) => row[by];
    const least = (value) => typeof value === "number" && Number.isNaN(value) ? -Infinity : value;
    found.sort((one, other) => {
      const [a, b] = [least(key(one)), least(key(other))];
      return a < b ? -way : a > b ? way : 0;
    });
  };

  const count = (keys) => {
    const counts = new Map();
    for (const row of found) for (const key of keys(row)) counts.set(key, (counts.get(key) || 0) + 1);
    return [...counts].sort((one, other) => other[1] - one[1]);
  };

  const group = (title, name) => {
    const section = make("section");
    section.append(make("h2", title));
    const counts = count((row) => row[name] === "" ? [] : [row[name]]);
    const most = counts.length ? counts[0][1] : 1;
    if (name === "severity") counts.sort((one, other) => rank(other[0]) - rank(one[0]));
    for (const [key, number] of counts.slice(0, GROUPS)) {
      const button = make("button", undefined, "group");
      button.style.setProperty("--part", `${100 * number / most}%`);
      const label = make("span", key, name === "severity" ? "severity" : "");
      label.style.setProperty("--tone", tone(key));
      label.title = key;
      button.append(label, make("span", number.toLocaleString("en")));
      button.onclick = () => filter(name, key, (row) => row[name] === key);
      section.append(button);
    }
    if (counts.length > GROUPS) section.append(make("p", `and ${(counts.length - GROUPS).toLocaleString("en")} more`, "rest"));
    if (!counts.length) section.append(make("p", "None", "rest"));
    return section;
  };

  const drawTime = () => {
    const place = byId("time");
    place.replaceChildren();
    if (place.nextSibling) place.nextSibling.remove();
    let from = Infinity, to = -Infinity;
    for (const { time } of found) if (!Number.isNaN(time)) { from = Math.min(from, time); to = Math.max(to, time); }
    if (from > to) return;
    const width = Math.max(1, (to - from + 1) / BINS);
    const bins = Array.from({ length: from === to ? 1 : BINS }, () => new Map());
    for (const { time, severity } of found) {
      if (Number.isNaN(time)) continue;
      const bin = bins[Math.min(bins.length - 1, Math.floor((time - from) / width))];
      bin.set(severity, (bin.get(severity) || 0) + 1);
    }
    const sums = bins.map((bin) => [...bin.values()].reduce((one, other) => one + other, 0));
    const most = Math.max(...sums);
    bins.forEach((bin, at) => {
      const button = make("button");
      const [start, end] = [from + at * width, from + (at + 1) * width];
      button.title = `${iso(start)}: ${sums[at].toLocaleString("en")}`;
      for (const severity of [...bin.keys()].sort((one, other) => rank(other) - rank(one))) {
        const bar = make("i");
        bar.style.height = `${100 * bin.get(severity) / most}%`;
        bar.style.background = tone(severity);
        button.append(bar);
      }
      button.onclick = () => filter("time", iso(start), (row) => row.time >= start && row.time < end);
      place.append(button);
    });
    const ends = make("div", undefined, "ends");
    ends.append(make("span", iso(from)), make("span", `at most ${most.toLocaleString("en")} per bar`));
    if (from !== to) ends.append(make("span", iso(to)));
    place.after(ends);
  };

  const drawAttack = () => {
    const counts = new Map(count((row) => new Set(row.pairs.map((pair) => pair.join(" ")))));
    const tactics = new Map(TACTICS.map(([id, name]) => [id, { name, techniques: [] }]));
    for (const [pair, number] of counts) {
      const [tactic, technique] = pair.split(" ");
      if (!tactics.has(tactic)) tactics.set(tactic, { name: tactic, techniques: [] });
      tactics.get(tactic).techniques.push([technique, number, pair]);
    }
    const columns = [...tactics].filter(([, one]) => one.techniques.length).map(([id, one]) => {
      const column = make("div", undefined, "tactic");
      column.append(make("b", one.name || "No tactic"));
      for (const [technique, number, pair] of one.techniques) {
        const button = make("button", undefined, "technique");
        button.append(make("span", technique || id), make("span", number.toLocaleString("en")));
        button.onclick = () => filter("attack", pair, (row) => row.pairs.some((one) => one.join(" ") === pair));
        column.append(button);
      }
      return column;
    });
    byId("attack").replaceChildren(...(columns.length ? columns : [make("p", "None", "rest")]));
  };

  const COLUMNS = [["time", "Time (UTC)"], ["severity", "Severity"], ["rule", "Rule"], ["account", "Account"], ["actor", "Actor"]];
  const drawTable = () => {
    const pages = Math.max(1, Math.ceil(found.length / ROWS));
    page = Math.min(page, pages - 1);
    const rows = found.slice(page * ROWS, (page + 1) * ROWS).map((row) => {
      const line = make("tr");
      line.tabIndex = 0;
      for (const [name] of COLUMNS) {
        const cell = make("td");
        const text = make("span", name === "time" ? iso(row.time) : row[name], name === "severity" ? "severity" : "");
        text.style.setProperty("--tone", tone(row.severity));
        if (text.textContent) cell.append(text);
        line.append(cell);
      }
      line.onclick = () => {
        byId("full").textContent = JSON.stringify(row.alert, null, 2);
        byId("one").showModal();
      };
      line.onkeydown = (event) => {
        if (event.key !== "Enter") return;
        // The key would go on to the button that closes.
        event.preventDefault();
        line.onclick();
      };
      return line;
    });
    byId("rows").replaceChildren(...rows);
    byId("page").textContent = `Page ${page + 1} of ${pages}`;
    byId("back").disabled = page === 0;
    byId("next").disabled = page === pages - 1;
    byId("heads").replaceChildren(...COLUMNS.map(([name, title]) => {
      const head = make("th");
      const button = make("button", title + (order[0] === name ? (order[1] > 0 ? " ↑" : " ↓") : ""));
      button.onclick = () => {
        order = [name, order[0] === name ? -order[1] : name === "time" || name === "severity" ? -1 : 1];
        draw();
      };
      head.append(button);
      return head;
    }));
  };

  const draw = () => {
    select();
    const all = alerts.length.toLocaleString("en");
    const noun = alerts.length === 1 ? "alert" : "alerts";
    byId("summary").textContent = found.length === alerts.length ? `${all} ${noun}`
      : `${found.length.toLocaleString("en")} of ${all} ${noun}`;
    byId("filters").replaceChildren(...[...filters].map(([name, { shown, holds }]) => {
      const button = make("button", `${name}: ${shown} ×`);
      button.onclick = () => filter(name, shown, holds);
      return button;
    }));
    drawTime();
    byId("groups").replaceChildren(group("By rule", "rule"), group("By severity", "severity"),
      group("By account", "account"), group("By actor", "actor"));
    drawAttack();
    drawTable();
  };

  let waiting = 0;
  byId("search").oninput = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { page = 0; draw(); }, 150);
  };
  byId("back").onclick = () => { page -= 1; drawTable(); };
  byId("next").onclick = () => { page += 1; drawTable(); };
  draw();
})();
