// The leadloop tag: remembers which click brought a visitor, and adds that to every lead the visitor leaves.
//
//   <script async src="https://leads.example/capture-visit/tag.js" data-counter="45000001"></script>
//
// How to use it: docs/en/tag.md. Served minified, under 4096 bytes: `make tag` builds tag.min.js, a test compares.
// Two rules stand above all others. Nothing that happens here may reach the page as an error: whatever the page or the
// browser calls is wrapped in `safe`. No form may ever wait for us: no event is prevented, stopped or put off.
((window, document, location, history) => {
  const script = document.currentScript;
  const api = (window.leadloop = window.leadloop || ((...call) => api.q.push(call)));
  if (!script || api.on) return; // loaded twice: the first one is at work
  api.on = 1;

  const safe = (work) => (...given) => {
    try {
      return work(...given);
    } catch (error) {} // closed storage, a form that hides its own properties, a wrapped fetch: the page goes on
  };
  const listen = (name, work) => addEventListener(name, safe(work), true);

  const { counter, visit, lead } = script.dataset;
  const visitUrl = visit || script.src.split("/tag.js")[0];
  // Textual, so that …/acme-capture-visit of Cloud Functions works as /capture-visit of one machine does.
  const leadUrl = lead || visitUrl.replace("capture-visit", "capture-lead");

  // ---- Storage. Where it is closed, an object of this page stands for it.

  const local = safe(() => localStorage)() || {};
  const session = safe(() => sessionStorage)() || {};
  const keep = (key, text) => {
    safe(() => (local[key] = text))(); // it may be full
    return text;
  };

  const now = Date.now();
  const LIFE = 7776e6; // 90 days
  let site = "";
  const cookie = safe((name) => `; ${document.cookie}`.split(`; ${name}=`)[1].split(";")[0]);
  const bake = safe((text) => {
    document.cookie = `leadloop=${text};path=/;samesite=lax;max-age=${LIFE / 1e3};domain=${site}${
      location.protocol > "http:" ? ";secure" : ""
    }`;
  });
  const baked = cookie("leadloop");
  // The widest domain that takes a cookie is the site with all its subdomains; wider ones the browser refuses.
  const labels = location.hostname.split(".");
  do {
    site = labels.pop() + (site && "." + site);
    bake(now);
  } while (labels[0] && cookie("leadloop") != now);

  // ---- Touches: an arrival as time#address#referrer, reduced to what tells the source.

  // An e-mail, a Russian phone, an international one, much as leadloop.identity.contact_signs has it.
  const CONTACT =
    /\S@\S+\.\S\S|(^|[^\d.])((\+?7|8)\W{0,3}[3489]|9)\d\d\W{0,3}\d{3}\W{0,3}\d\d\W{0,3}\d\d(?!\d)|\+(\W{0,3}\d){9}/;
  const isContact = (text) => CONTACT.test(unescape(text)); // unlike decodeURIComponent it takes any text
  const tagsOf = (query) => {
    const tags = {};
    new URLSearchParams(query).forEach((value, name) => {
      name = name.toLowerCase();
      value = value.replace(/{.*?}/g, ""); // {keyword} is what Direct failed to fill in
      if (/^(utm_\w+|(ym?|g|fb)clid|(rb|vk)_clickid|msclkid|erid)$/.test(name) && value && !tags[name] && !isContact(value))
        tags[name] = value;
    });
    return tags;
  };
  const reduced = (url) => {
    let [head, query] = url.split(/[?#]/);
    head = head.split("/").filter((part) => !isContact(part)).join("/");
    query = new URLSearchParams(tagsOf(query)) + "";
    return head.replace(/;.*/, "") + (query && "?" + query); // a cookie would end there, and session ids stand there
  };

  // The address as the page was opened: a router may have tidied it up before we came.
  const { name } = performance.getEntriesByType("navigation")[0] || {};
  const landing = reduced(name || location.href);
  const referrer = reduced(document.referrer);
  const here = now + "#" + landing + "#" + referrer;
  const touches = ((local.leadloop + " " + baked).match(/\d{13}#[^# ]*#[^# ]*/g) || [])
    .filter((touch) => touch > now - LIFE + "")
    .sort();
  const arrived =
    /\?/.test(landing) || (referrer && !("." + referrer.split(/[/:]+/)[1]).endsWith("." + site));
  const state = keep("leadloop", (touches[0] || here) + "#" + ((!arrived && touches.pop()) || here));
  if (!state[2e3]) bake(state); // or else it would burst the cookie
  const [, firstLanding, firstReferrer, , lastLanding, lastReferrer] = state.split("#");

  // ---- Identifiers

  let user = local.leadloop_user || "";
  let clientId;
  const digits = safe((text) => text.match(/^"?(\d{1,20})"?$/)[1]); // Metrica keeps it in localStorage as JSON
  const metrica = safe((method, argument) => counter && ym(+counter, method, argument));
  window.ym = window.ym || ((...call) => (ym.a = ym.a || []).push(call));
  // The ClientID is known, or has been waited for, or the page is being left and nothing can be waited for any more.
  const known = new Promise((resolve) => {
    metrica(
      "getClientID",
      safe((id) => {
        clientId = digits(id);
        resolve();
        refreshAll();
      })
    );
    setTimeout(resolve, 1e3);
    listen("pagehide", resolve);
  });

  // Not crypto.randomUUID, which does not exist on plain http. Numbers below 2^32 apart from each other: no ten digits of
  // them begin with 9, nor eleven with 7 or 8, so that the id never reads like a phone.
  const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("x");

  const fields = (id) => ({
    ym_client_id: clientId || digits(cookie("_ym_uid") || local._ym_uid) || "",
    user_id: user,
    submission_id: id,
    page: location.href,
    landing: lastLanding,
    referrer: lastReferrer,
    first_landing: firstLanding,
    first_referrer: firstReferrer,
    ...tagsOf(lastLanding.split("?")[1]),
  });

  // ---- Requests. A text needs no preflight, which a page that is being left would not live to see.

  const post = (url, body, answered) =>
    fetch(url, { method: "POST", body, keepalive: !body[2e4] }).then(answered, () => answered({}));
  // Once a session, and once more when the visitor is named. Without a ClientID there is nothing to tell: then as soon
  // as the counter answers, however late, because nobody waits for this.
  const tellVisit = safe(() => {
    const visit = fields();
    const mark = user || session.leadloop || 1;
    if (visit.ym_client_id && session.leadloop != mark) {
      session.leadloop = mark;
      post(visitUrl, JSON.stringify(visit), safe());
    }
  });
  const tellVisitSoon = () => {
    tellVisit();
    metrica("getClientID", tellVisit);
  };

  // ---- Leads: kept before they are sent, and until they are answered.

  const unsent = Object.keys(local).filter(
    (key) => /^leadloop_\d/.test(key) && (now - key.slice(9, 22) < 2592e5 || !delete local[key])
  );
  const send = (key, body, callback) =>
    post(leadUrl, body, ({ ok }) => {
      ok ? delete local[key] : unsent.push(key);
      if (callback) callback(ok, key.slice(22));
    });
  const rememberLead = () => keep("leadloop_at", now);

  // ---- Forms

  const refresh = (form) => {
    if (form.dataset.leadloop) return "";
    const known = fields();
    const present = {};
    let content = "";
    for (const input of form.elements) {
      present[input.name] = input;
      // What a person filled in: hidden are ours, and captchas, which differ each time the same is sent again.
      if (input.type != "hidden") content += input.value + input.checked;
    }
    // The same content is sent under the same id, as long as the page lives.
    const ids = (form.leadloop = form.leadloop || {});
    known.submission_id = ids[content] = ids[content] || newId();
    for (const name in known) {
      let input = present[name];
      const value = known[name];
      if (value && !input) {
        input = document.createElement("input");
        input.type = "hidden";
        input.name = name;
        form.append(input);
      }
      if (input && input.type == "hidden" && (!input.value || input.dataset.leadloop == input.value))
        input.dataset.leadloop = input.value = value;
    }
    return content;
  };
  let ready; // a form that is still being parsed may yet get fields of its own
  const refreshAll = () => ready && [...document.forms].map(safe(refresh));

  // The last submit event; of form.submit(), which makes none, something like it.
  let submitted = 0;
  const submitting = safe((event) => {
    submitted = event;
    if (isContact(refresh(event.target))) rememberLead();
  });
  listen("submit", submitting);
  listen("click", ({ target }) => refresh(target.closest("form")));
  // Fired both when the browser sends a form and when a script reads it with FormData. The browser does when the
  // submit event has ended and nobody has prevented it; then no search may carry our fields in its address.
  listen("formdata", ({ target, formData }) => {
    if (
      submitted.target == target &&
      !submitted.eventPhase &&
      !submitted.defaultPrevented &&
      !/post/i.test(target.getAttribute("method"))
    )
      for (const input of target.elements) if (input.dataset.leadloop) formData.delete(input.name);
  });
  const prototype = HTMLFormElement.prototype;
  const submit = prototype.submit;
  prototype.submit = function () {
    submitting({ target: this });
    submit.call(this);
  };

  // ---- Pages without a load

  const moved = () => {
    refreshAll();
    unsent.splice(0).map(safe((key) => send(key, local[key])));
  };
  // Applications call replaceState any number of times a second: that is no reason to send a lead again.
  ["pushState", "replaceState"].map((name, sameEntry) => {
    const original = history[name];
    history[name] = (...given) => {
      original.apply(history, given);
      sameEntry ? refreshAll() : moved();
    };
  });
  listen("popstate", moved);
  listen("online", moved);

  // ---- What the page asks of us

  const commands = {
    identify(id) {
      user = keep("leadloop_user", !id || isContact(id) ? "" : "" + id);
      refreshAll();
      if (user) {
        metrica("setUserID", user);
        metrica("userParams", { UserID: user });
        tellVisitSoon();
      }
    },
    lead(given, callback) {
      const id = given.submission_id || newId();
      const key = "leadloop_" + Date.now() + id;
      const write = () => {
        const all = fields(id);
        for (const name in given) if (given[name] !== "") all[name] = given[name];
        return keep(key, JSON.stringify(all));
      };
      write(); // before anything can go wrong
      rememberLead();
      known.then(() => send(key, write(), callback));
    },
    fields: (callback) => known.then(() => callback(fields(newId()))),
  };
  const run = safe(([command, ...given]) => commands[command](...given));
  (api.q || []).map(run);
  api.q = { push: run }; // whoever holds the stub goes on calling it

  // When idle, so that frameworks have taken over the HTML of the server before anything is added to it.
  const whenIdle = () =>
    (window.requestIdleCallback || setTimeout)(
      safe(() => {
        ready = 1;
        moved();
        if (now - local.leadloop_at < LIFE) tellVisitSoon();
        new MutationObserver(
          safe(() => {
            for (const form of document.forms) form.elements.page || refresh(form);
          })
        ).observe(document, { childList: 1, subtree: 1 });
      }),
      { timeout: 300 }
    );
  document.readyState == "loading" ? listen("DOMContentLoaded", whenIdle) : whenIdle();
})(window, document, location, history);
