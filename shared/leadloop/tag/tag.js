// The leadloop tag: remembers which click brought a visitor, and adds that to every lead the visitor leaves.
//
//   <script async src="https://leads.example/capture-visit/tag.js" data-counter="45000001"></script>
//
// How to use it: docs/en/tag.md. Served minified, under 4096 bytes: `make tag` builds tag.min.js, a test compares.
// Two rules stand above all others. Nothing that happens here may reach the page as an error: whatever the page or the
// browser calls, and may fail, is wrapped in `safe`. No form may ever wait for us: no event is prevented, stopped or put off.
{
  const safe = (work) => (...given) => {
    try {
      return work(...given);
    } catch (error) {} // closed storage, a replaced performance, a locked prototype: the page and we go on
  };

  safe((window, document, location, history, setTimeout, URLSearchParams) => {
    const NAME = "leadloop"; // of the call, the cookie, the entries of storage, the attributes
    const stub = window[NAME] || 0; // or what else the page calls so, an element for instance
    const toText = JSON.stringify;

    // Loaded twice, the first one is at work: the 1 there has neither, and so the second one ends here.
    const { src, dataset } = stub.on || document.currentScript;
    const counter = +dataset.counter;
    const visitUrl = dataset.visit || src.split("/tag.js")[0];
    // Textual, in the last part of the address: /capture-visit of one machine, …net/acme-capture-visit of Cloud
    // Functions, //acme-capture-visit-1234-ew.a.run.app of Cloud Run.
    const leadUrl = dataset.lead || visitUrl.replace(/visit(?!.*\/)/, "lead");

    // ---- Storage. Where it is closed, an object of this page stands for it.

    const local = safe(() => localStorage)() || {};
    const session = safe(() => sessionStorage)() || {};
    const keep = (key, text) => {
      safe(() => (local[key] = text))(); // it may be full
      return text;
    };

    const time = Date.now;
    const now = time();
    const oldest = now - 7776e6; // 90 days, in ms
    let site = ""; // with a dot before it, which a cookie's domain may have (RFC 6265, 5.2.3)
    const cookie = safe((name) => document.cookie.match(`(^| )${name}=([^;]*)`)[2]);
    const bake = safe(
      (text) =>
        (document.cookie = `${NAME}=${text};path=/;samesite=lax;max-age=7776000;domain=${site}${
          location.protocol[5] ? ";secure" : "" // https:
        }`)
    );
    // Touches, the oldest first, whichever place still has them.
    const touches = ((local[NAME] + " " + cookie(NAME)).match(/\d{13}(#[^# ]*){2}/g) || [])
      .filter((touch) => touch > oldest + "")
      .sort();

    // ---- Touches: an arrival as time#address#referrer, reduced to what tells the source.

    // An e-mail, a Russian phone, an international one, much as leadloop.identity.contact_signs has it.
    const isContact = (text) =>
      /\S@\S+\.\S\S|(^|[^\d.])((\+?7|8)\W{0,3}[3489]|9)\d\d\W{0,3}\d{3}(\W{0,3}\d\d){2}(?!\d)|\+(\W{0,3}\d){9}/.test(
        unescape(text) // unlike decodeURIComponent it takes any text
      );
    // Texts are cut where leadloop would cut them: a tag at 255; 763 is https://, a host of 255 and a path of 500.
    const tagsOf = (query, tags = {}) => {
      new URLSearchParams(query).forEach((value, name) => {
        name = name.toLowerCase();
        value = value.replace(/{.*?}/g, ""); // {keyword} is what Direct failed to fill in
        if (
          /^(utm_\w+|((ym?|g|fb)cl|(rb|vk)_click|msclk|er)id)$/.test(name) &&
          value &&
          !tags[name] &&
          !isContact(value)
        )
          tags[name] = value.slice(0, 255);
      });
      return tags;
    };
    const reduced = (url, [head, query] = url.split(/[?#]/), tags = new URLSearchParams(tagsOf(query)) + "") =>
      head
        .replace(/[^/]+\/?/g, (part) => (isContact(part) ? "" : part))
        .split(";")[0] // a cookie would end there, and session ids stand there
        .slice(0, 763) + (tags && "?" + tags);

    // The address as the page was opened: a router may have tidied it up before we came.
    const landing = reduced(safe(() => performance.getEntriesByType("navigation")[0].name)() || location.href);
    const referrer = reduced(document.referrer);
    const hostOf = (url) => url.split(/\/|:\d+\//)[2];

    // The widest domain that takes a cookie is the site with all its subdomains; wider ones the browser refuses.
    location.hostname
      .split(".")
      .reverse()
      .some((label) => {
        site = "." + label + site;
        bake(now);
        return cookie(NAME) == now;
      });
    // An arrival is the last touch, and whatever comes first is one.
    if (!touches[0] || /\?/.test(landing) || (referrer && !("." + hostOf(referrer)).endsWith(site)))
      touches.push(now + "#" + landing + "#" + referrer);
    const state = keep(NAME, touches[0] + "#" + touches.pop());
    const parts = state.split("#"); // of the first touch, then of the last

    // ---- Identifiers

    let user = local[NAME + "_user"] || "";
    let clientId;
    let isVisitWanted;
    const digits = safe((text) => text.match(/^"?(\d{1,20})"?$/)[1]); // Metrica keeps it in localStorage as JSON
    const metrica = safe(
      (method, argument) =>
        counter && (window.ym = window.ym || ((...call) => (ym.a = ym.a || []).push(call)))(counter, method, argument)
    );
    // Not crypto.randomUUID, which does not exist on plain http. Numbers below 2^32 apart from each other: no ten digits
    // of them begin with 9, nor eleven with 7 or 8, so that the id never reads like a phone.
    const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("x");

    const fields = (id) => ({
      ym_client_id: clientId || digits(cookie("_ym_uid") || local._ym_uid) || "",
      user_id: user,
      submission_id: id,
      fill_seconds: id && letters > 9 ? (time() - began) / 1e3 : "",
      page: location.href.slice(0, 4e3),
      landing: parts[4],
      referrer: parts[5],
      first_landing: parts[1],
      first_referrer: parts[2],
      ...tagsOf(parts[4].split("?")[1]),
    });

    // ---- Requests. A text needs no preflight, which a page that is being left would not live to see.

    // Whether it was accepted. Never rejects, whatever the page has made of fetch.
    const post = async (url, body) => {
      try {
        return (await fetch(url, { method: "POST", body, keepalive: !body[2e4] })).ok;
      } catch (error) {}
    };
    // Once a session, and once more when the visitor is named. Without a ClientID there is nothing to tell.
    const tellVisit = safe((visit = fields(), mark = user || session[NAME] || 1) => {
      isVisitWanted = 1;
      if (visit.ym_client_id && session[NAME] != mark) {
        session[NAME] = mark;
        post(visitUrl, toText(visit));
      }
    });

    // ---- Leads: kept before they are sent, and until they are answered.

    const unsent = Object.keys(local).filter(
      (key) => /^leadloop_\d/.test(key) && (key > NAME + "_" + (now - 2592e5) || !delete local[key])
    );
    const send = (key, body, callback) =>
      post(leadUrl, body).then((ok) => {
        ok ? delete local[key] : unsent.push(key);
        if (callback) callback(ok, key.slice(22));
      });

    // ---- Forms

    // A field named `elements`, `action` or `append` hides the form's own, so these are asked of the prototype.
    const prototype = HTMLFormElement.prototype;
    const own = (form, name) => Reflect.get(prototype, name, form);

    // The last submit event and its button; of form.submit(), which makes none, something like it.
    let submitted = 0;
    let submitter = 0;

    // How long it takes to fill a form in, in seconds: from the press with which the visitor came to what is filled in
    // first. All forms of the page together, since applications draw a form anew for each step. Fewer than ten letters
    // tell nothing: where the browser, the clipboard or the site fills a form in, people are as quick as bots.
    let entered;
    let began;
    let letters = 0;

    // Of each form, out of the page's reach: contents → ids, names of fields → how often they were added unasked.
    const records = new WeakMap();
    const refresh = (form, place, unasked, record = records.get(form) || {}, present = {}, content = "") => {
      if (form.dataset[NAME]) return;
      records.set(form, record);
      for (const input of own(form, "elements")) {
        present[input.name] = input;
        // What a person filled in: hidden are ours, and captchas, which differ each time the same is sent again.
        // Of passwords and files nothing is remembered.
        if (!/^[fh]|pa/.test(input.type)) content += input.value + input.checked;
      }
      // The same content is sent under the same id, as long as the page lives.
      const known = fields((record[content] = record[content] || newId()));
      // What else stands in the address, tokens for instance, is no stranger's business. `javascript:` has no host.
      if (
        ![, hostOf(location.href), hostOf(leadUrl)].includes(
          hostOf(submitter.form == form && submitter.attributes.formaction ? submitter.formAction : own(form, "action"))
        )
      )
        known.page = reduced(location.origin + location.pathname);
      for (const name in known) {
        let input = present[name];
        const value = known[name];
        // A page that removes what it does not know would never come to rest, were it added again each time.
        if (value && !input && (!unasked || (record[name] = -~record[name]) < 5)) {
          input = document.createElement("input");
          input.type = "hidden";
          input.name = name;
          prototype.append.call(form, input);
        }
        if (input && input.type == "hidden" && (!input.value || input.dataset[NAME] == input.value))
          input.dataset[NAME] = input.value = value;
      }
      return content;
    };
    // Not before the page is parsed: a form may yet get fields of its own. And a little later, so that frameworks have
    // taken over the HTML of the server before anything is added.
    const refreshAll = safe(() => {
      pending =
        document.readyState > "j" // "loading" is the last of its values in the alphabet
          ? -setTimeout(refreshAll, 300)
          : document.querySelectorAll("form").forEach(safe(refresh)); // undefined: nothing is pending
    });
    let pending = -setTimeout(refreshAll, 300); // below zero as long as forms are left alone
    // Applications change the page and its address any number of times a second.
    const refreshSoon = () => (pending = pending || setTimeout(refreshAll, 50));

    // ---- Pages without a load

    const moved = () => {
      refreshSoon();
      unsent.splice(0).map((key) => send(key, local[key]));
    };

    // Does some work of ours before something of the browser is called.
    const before = safe(
      (object, name, work) =>
        (object[name] = new Proxy(object[name], {
          apply: (original, target, given) => (safe(work)({ target }), original.apply(target, given)),
        }))
    );

    // ---- What the page asks of us

    const commands = {
      identify(id) {
        user = keep(NAME + "_user", !id || isContact(id) ? "" : "" + id);
        if (!(pending < 0)) refreshAll();
        if (user) {
          metrica("setUserID", user);
          metrica("userParams", { UserID: user });
          tellVisit();
        }
      },
      lead(given, callback) {
        const id = given.submission_id || newId();
        const key = NAME + "_" + time() + id;
        const write = (all = fields(id)) => {
          for (const name in given) if (given[name] !== "") all[name] = given[name];
          return keep(key, toText(all));
        };
        write(); // before anything can go wrong
        keep(NAME + "_at", now);
        known.then(() => send(key, write(), callback));
      },
      fields: (callback) => known.then(() => callback(fields(newId()))),
    };
    const api = safe((command, ...given) => commands[command](...given));

    // ---- What the browser tells us

    const listeners = {
      submit(event) {
        submitted = event;
        submitter = event.submitter || 0;
        // A script has filled it in, and nobody has pressed anything: it took no longer than the page is old.
        if (!entered) began = letters = now; // which is more than ten
        if (isContact(refresh(event.target))) keep(NAME + "_at", now);
      },
      popstate: moved,
      online: moved,
      mouseup() {
        entered = time();
      },
      // By the keyboard alone.
      keydown() {
        entered = entered || time();
      },
      input({ data }) {
        began = began || entered;
        letters += !!data;
      },
      click: ({ target }) => refresh(target.closest("form")),
      // Fired both when the browser sends a form and when a script reads it with FormData. The browser does when the
      // submit event has ended and nobody has prevented it; then no search may carry our fields in its address.
      formdata({ target, formData }) {
        if (
          submitted.target == target &&
          !submitted.eventPhase &&
          !submitted.defaultPrevented &&
          (submitter.formMethod || own(target, "method")) == "get"
        )
          for (const input of own(target, "elements")) if (input.dataset[NAME]) formData.delete(input.name);
      },
    };

    // ---- To work

    // The ClientID is known, or has been waited for, or the page is being left and nothing can be waited for.
    const known = new Promise((resolve) => {
      metrica("getClientID", (id) => {
        clientId = digits(id);
        resolve();
        refreshSoon();
        if (isVisitWanted) tellVisit(); // however late, because nobody waits for this
      });
      setTimeout(resolve, 1e3);
      listeners.pagehide = resolve;
    });

    moved();
    if (local[NAME + "_at"] > oldest) tellVisit();
    new MutationObserver(refreshSoon).observe(document, { childList: 1, subtree: 1 });
    if (!state[2e3]) bake(state); // or else it would burst the cookie
    for (const name in listeners) addEventListener(name, safe(listeners[name]), 1);
    before(prototype, "submit", listeners.submit);
    before(history, "pushState", moved);
    before(history, "replaceState", refreshSoon); // too often called to be a reason to send a lead again

    window[NAME] = api;
    api.on = 1;
    api.q = { push: (call) => api(...call) };
    stub.q.map(api.q.push);
    stub.q = api.q; // whoever holds the stub goes on calling it
  })(self, document, location, history, setTimeout, URLSearchParams);
}
