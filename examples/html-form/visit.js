// Include it on every page of the site. It remembers where the visit began and gives the fields
// by which a lead is linked with its click. Ids stay text: as a JavaScript number a ClientID loses digits.
(() => {
  const COUNTER = 45000001; // the number of your Metrica counter
  const DAYS = 21; // Metrica links a conversion with a visit of the last 21 days
  const PLACE = "leadloop_visit";

  function remembered() {
    try {
      const visit = JSON.parse(localStorage.getItem(PLACE));
      return visit && Date.now() - visit.at < DAYS * 86400000 ? visit : null;
    } catch {
      return null; // storage is closed to us; the page at hand must do
    }
  }

  function remember() {
    const came = /[?&](yclid|gclid|utm_source)=/.test(location.search);
    if (!came && remembered()) return;
    const visit = { landing: location.href, referrer: document.referrer, at: Date.now() };
    try {
      localStorage.setItem(PLACE, JSON.stringify(visit));
    } catch {
      // as above
    }
  }

  function clientId() {
    const cookie = document.cookie.match(/(?:^|; )_ym_uid=(\d+)/);
    return new Promise((resolve) => {
      setTimeout(() => resolve(cookie ? cookie[1] : ""), 500); // a blocked counter never calls back
      if (window.ym) ym(COUNTER, "getClientID", (id) => resolve(String(id)));
    });
  }

  remember();

  window.leadloopVisit = async () => {
    const visit = remembered() || { landing: location.href, referrer: document.referrer };
    return {
      ym_client_id: await clientId(),
      page: location.href,
      landing: visit.landing,
      referrer: visit.referrer,
    };
  };
})();
