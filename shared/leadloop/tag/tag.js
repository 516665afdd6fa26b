// The leadloop tag: remembers which click brought a visitor, and adds that to every lead the visitor leaves.
//
//   <script async src="https://leads.example/capture-visit/tag.js" data-counter="45000001"></script>
//
// How to use it: docs/en/tag.md. Served minified, under 4096 bytes: `make tag` builds tag.min.js, a test compares.
// Two rules stand above all others. Nothing that happens here may reach the page as an error: whatever the page or the
// browser calls is wrapped in `safe`. No form may ever wait for us: no event is prevented, stopped or put off.
{
  const safe = (work) => (...given) => {
    try {
      return work(...given);
    } catch (error) {} // closed storage, a replaced performance, a locked prototype: the page and we go on
  };

  safe((window, document, location, history, setTimeout, URLSearchParams) => {
    const NAME = "leadloop"; // of the call, the cookie, the entries of storage, the attributes
    const ID = "submission_id";
    const stub = window[NAME] || 0; // or what else the page calls so, an element for instance
    const toText = JSON.stringify;
    const listen = (name, work) => addEventListener(name, safe(work), 1);

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

    const now = Date.now();
    const LIFE = 7776e6; // 90 days, in ms
    let site = "";
    const cookie = safe((name) => document.cookie.match(`(^|; )${name}=([^;]*)`)[2]);
    const bake = safe(
      (text) =>
        (document.cookie = `${NAME}=${text};path=/;samesite=lax;max-age=7776000;domain=${site}${
          location.protocol[5] ? ";secure" : "" // https:
        }`)
    );
    // Touches, the oldest first, whichever place still has them.
    const touches = ((local[NAME] + " " + cookie(NAME)).match(/\d{13}(#[^# ]*){2}/g) || [])
      .filter((touch) => touch > now - LIFE + "")
      .sort();
    // The widest domain that takes a cookie is the site with all its subdomains; wider ones the browser refuses.
    const labels = location.hostname.split(".");
    do {
      site = labels.pop() + (site && "." + site);
      bake(now);
    } while (labels[0] && cookie(NAME) != now);

    // ---- Touches: an arrival as time#address#referrer, reduced to what tells the source.

    // An e-mail, a Russian phone, an international one, much as leadloop.identity.contact_signs has it.
    const isContact = (text) =>
      /\S@\S+\.\S\S|(^|[^\d.])((\+?7|8)\W{0,3}[3489]|9)\d\d\W{0,3}\d{3}(\W{0,3}\d\d){2}(?!\d)|\+(\W{0,3}\d){9}/.test(
        unescape(text) // unlike decodeURIComponent it takes any text
      );
    // Texts are cut where leadloop would cut them: a tag at 255; 763 is https://, a host of 255 and a path of 500.
    const tagsOf = (query) => {
      const tags = {};
      new URLSearchParams(query).forEach((value, name) => {
        name = name.toLowerCase();
        value = value.replace(/{.*?}/g, ""); // {keyword} is what Direct failed to fill in
        if (
          /^(utm_\w+|(ym?|g|fb)clid|(rb|vk)_clickid|msclkid|erid)$/.test(name) &&
          value &&
          !tags[name] &&
          !isContact(value)
        )
          tags[name] = value.slice(0, 255);
      });
      return tags;
    };
    const reduced = (url) => {
      let [head, query] = url.split(/[?#]/);
      query = new URLSearchParams(tagsOf(query)) + "";
      return (
        head
          .split("/")
          .filter((part) => !isContact(part))
          .join("/")
          .replace(/;.*/, "") // a cookie would end there, and session ids stand there
          .slice(0, 763) + (query && "?" + query)
      );
    };

    // The address as the page was opened: a router may have tidied it up before we came.
    const landing = reduced(safe(() => performance.getEntriesByType("navigation")[0].name)() || location.href);
    const referrer = reduced(document.referrer);
    const here = now + "#" + landing + "#" + referrer;
    const hostOf = (url) => url.split(/\/|:\d+\//)[2];
    const state = keep(
      NAME,
      (touches[0] || here) +
        "#" +
        // An arrival, or else what the last one was.
        ((/\?/.test(landing) || (referrer && !("." + hostOf(referrer)).endsWith("." + site))
          ? 0
          : touches.pop()) || here)
    );
    const [, firstLanding, firstReferrer, , lastLanding, lastReferrer] = state.split("#");

    // ---- Identifiers

    let user = local[NAME + "_user"] || "";
    let clientId;
    let isVisitWanted;
    const digits = safe((text) => text.match(/^"?(\d{1,20})"?$/)[1]); // Metrica keeps it in localStorage as JSON
    const metrica = safe((method, argument) => counter && ym(counter, method, argument));
    window.ym = window.ym || ((...call) => (ym.a = ym.a || []).push(call));
    // The ClientID is known, or has been waited for, or the page is being left and nothing can be waited for.
    const known = new Promise((resolve) => {
      metrica(
        "getClientID",
        safe((id) => {
          clientId = digits(id);
          resolve();
          refreshSoon();
          if (isVisitWanted) tellVisit(); // however late, because nobody waits for this
        })
      );
      setTimeout(resolve, 1e3);
      listen("pagehide", resolve);
    });

    // Not crypto.randomUUID, which does not exist on plain http. Numbers below 2^32 apart from each other: no ten digits
    // of them begin with 9, nor eleven with 7 or 8, so that the id never reads like a phone.
    const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("x");

    const fields = (id) => ({
      ym_client_id: clientId || digits(cookie("_ym_uid") || local._ym_uid) || "",
      user_id: user,
      [ID]: id,
      page: location.href.slice(0, 4e3),
      landing: lastLanding,
      referrer: lastReferrer,
      first_landing: firstLanding,
      first_referrer: firstReferrer,
      ...tagsOf(lastLanding.split("?")[1]),
    });

    // ---- Requests. A text needs no preflight, which a page that is being left would not live to see.

    // Whether it was accepted. Never rejects, whatever the page has made of fetch.
    const post = async (url, body) => {
      try {
        return (await fetch(url, { method: "POST", body, keepalive: !body[2e4] })).ok;
      } catch (error) {}
    };
    // Once a session, and once more when the visitor is named. Without a ClientID there is nothing to tell.
    const tellVisit = safe(() => {
      const visit = fields();
      const mark = user || session[NAME] || 1;
      isVisitWanted = 1;
      if (visit.ym_client_id && session[NAME] != mark) {
        session[NAME] = mark;
        post(visitUrl, toText(visit));
      }
    });

    // ---- Leads: kept before they are sent, and until they are answered.

    const unsent = Object.keys(local).filter(
      (key) => /^leadloop_\d/.test(key) && (now - key.slice(9, 22) < 2592e5 || !delete local[key])
    );
    const send = (key, body, callback) =>
      post(leadUrl, body).then((ok) => {
        ok ? delete local[key] : unsent.push(key);
        if (callback) callback(ok, key.slice(22));
      });
    const rememberLead = () => keep(NAME + "_at", now);

    // ---- Forms

    // A field named `elements`, `action` or `append` hides the form's own, so these are asked of the prototype.
    const prototype = HTMLFormElement.prototype;
    const own = (form, name) => Reflect.get(prototype, name, form);

    // The last submit event and its button; of form.submit(), which makes none, something like it.
    let submitted = 0;
    let submitter = 0;

    // Of each form, out of the page's reach: contents → ids, names of fields → how often they were added unasked.
    const records = new WeakMap();
    const refresh = (form, place, unasked) => {
      if (form.dataset[NAME]) return;
      const record = records.get(form) || {};
      const known = fields();
      const present = {};
      let content = "";
      records.set(form, record);
      for (const input of own(form, "elements")) {
        present[input.name] = input;
        // What a person filled in: hidden are ours, and captchas, which differ each time the same is sent again.
        // Of passwords and files nothing is remembered.
        if (!/hid|pas|fil/.test(input.type)) content += input.value + input.checked;
      }
      // The same content is sent under the same id, as long as the page lives.
      known[ID] = record[content] = record[content] || newId();
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
    // Not before the page is parsed: a form may yet get fields of its own.
    let ready;
    let pending;
    const refreshAll = safe(() => {
      pending = 0;
      if (ready) document.querySelectorAll("form").forEach(safe(refresh));
    });
    // Applications change the page and its address any number of times a second.
    const refreshSoon = () => (pending = pending || setTimeout(refreshAll, 50));

    const submitting = safe((event) => {
      submitted = event;
      submitter = event.submitter || 0;
      if (isContact(refresh(event.target))) rememberLead();
    });
    // ---- Pages without a load

    const moved = () => {
      refreshSoon();
      unsent.splice(0).map((key) => send(key, local[key]));
    };

    // Does some work of ours before something of the browser is called.
    const before = safe((object, name, work) => {
      const original = object[name];
      object[name] = function (...given) {
        work({ target: this });
        return original.apply(this, given);
      };
    });

    // ---- What the page asks of us

    const commands = {
      identify(id) {
        user = keep(NAME + "_user", !id || isContact(id) ? "" : "" + id);
        refreshAll();
        if (user) {
          metrica("setUserID", user);
          metrica("userParams", { UserID: user });
          tellVisit();
        }
      },
      lead(given, callback) {
        const id = given[ID] || newId();
        const key = NAME + "_" + Date.now() + id;
        const write = () => {
          const all = fields(id);
          for (const name in given) if (given[name] !== "") all[name] = given[name];
          return keep(key, toText(all));
        };
        write(); // before anything can go wrong
        rememberLead();
        known.then(() => send(key, write(), callback));
      },
      fields: (callback) => known.then(() => callback(fields(newId()))),
    };
    const api = safe((command, ...given) => commands[command](...given));
    const replay = (call) => api(...call);

    // ---- To work

    // A little later than parsed, so that frameworks have taken over the HTML of the server before anything is added.
    const begin = safe(() => {
      // "loading" is the last of its values in the alphabet.
      if (document.readyState > "j") setTimeout(begin, 300);
      else {
        ready = 1;
        moved();
        if (now - local[NAME + "_at"] < LIFE) tellVisit();
        new MutationObserver(refreshSoon).observe(document, { childList: 1, subtree: 1 });
      }
    });
    setTimeout(begin, 300);

    if (!state[2e3]) bake(state); // or else it would burst the cookie
    listen("submit", submitting);
    listen("click", (event) => refresh(event.target.closest("form")));
    // Fired both when the browser sends a form and when a script reads it with FormData. The browser does when the
    // submit event has ended and nobody has prevented it; then no search may carry our fields in its address.
    listen("formdata", ({ target, formData }) => {
      if (
        submitted.target == target &&
        !submitted.eventPhase &&
        !submitted.defaultPrevented &&
        (submitter.formMethod || own(target, "method")) == "get"
      )
        for (const input of own(target, "elements")) if (input.dataset[NAME]) formData.delete(input.name);
    });
    listen("popstate", moved);
    listen("online", moved);
    before(prototype, "submit", submitting);
    before(history, "pushState", moved);
    before(history, "replaceState", refreshSoon); // too often called to be a reason to send a lead again

    window[NAME] = api;
    api.on = 1;
    api.q = { push: replay };
    stub.q.map(replay);
    stub.q = api.q; // whoever holds the stub goes on calling it
  })(self, document, location, history, setTimeout, URLSearchParams);
}
