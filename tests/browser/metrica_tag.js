// Metrica's counter as far as leadloop meets it: our own code after the facts of its open-source tag. It plays the
// calls queued in ym.a, keeps a ClientID of 17 to 19 digits in the cookie _ym_uid of the site's root domain and (as
// JSON) in localStorage, restores one from the other, and hands it to getClientID as a string. What it was told stands
// in `metricaLedger`, which tests read.
(() => {
  const YEAR = 365 * 86400;
  const ledger = (window.metricaLedger = window.metricaLedger || []);
  const counters = new Map(); // counter → calls that came before its init, or null once it is there

  const readCookie = (name) => (document.cookie.match(`(?:^|; )${name}=([^;]*)`) || [])[1];
  const quietly = (work) => {
    try {
      return work();
    } catch (error) {
      return null;
    }
  };

  function rootDomain() {
    const labels = location.hostname.split(".");
    return labels.length > 1 && /\D$/.test(location.hostname) ? labels.slice(-2).join(".") : location.hostname;
  }

  function clientId() {
    const stored = quietly(() => JSON.parse(localStorage.getItem("_ym_uid")));
    const seconds = Math.floor(Date.now() / 1000);
    const id = quietly(() => readCookie("_ym_uid")) || stored || `${seconds}${1e6 + Math.floor(Math.random() * 998e6)}`;
    for (const [name, value] of [["_ym_uid", id], ["_ym_d", seconds]])
      quietly(() => (document.cookie = `${name}=${value}; domain=${rootDomain()}; path=/; max-age=${YEAR}`));
    quietly(() => localStorage.setItem("_ym_uid", JSON.stringify(id)));
    return id;
  }

  const methods = {
    getClientID: (id, callback) => setTimeout(() => callback(id)),
    setUserID(id, user) {
      if (!["string", "number"].includes(typeof user)) console.error("setUserID: expected a string");
    },
    userParams() {},
    reachGoal() {},
  };

  function call(counter, method, ...given) {
    const key = String(counter);
    if (method === "init") {
      const waiting = counters.get(key) || [];
      counters.set(key, null);
      ledger.push([counter, "init"]);
      waiting.forEach((queued) => call(...queued));
    } else if (counters.get(key) !== null) {
      counters.set(key, [...(counters.get(key) || []), [counter, method, ...given]]);
    } else if (methods[method]) {
      ledger.push([counter, method, ...given.filter((one) => typeof one !== "function")]);
      methods[method](clientId(), ...given);
    }
  }

  const queued = (window.ym && window.ym.a) || [];
  window.ym = (...given) => call(...given);
  queued.forEach((one) => call(...Array.from(one)));
})();
