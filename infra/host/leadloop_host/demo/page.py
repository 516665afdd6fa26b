"""The demo page at ``/``: a form like a customer's, and links to everything that can be looked at."""

from __future__ import annotations

from html import escape
from string import Template

CLIENT_ID = "1788203411529304178"
"""Анна's, whom the stand-in of Metrica knows."""

_PAGE = Template("""<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><title>leadloop: демо</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
 body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1d2433}
 form{display:grid;gap:.75rem;background:#f5f7fa;padding:1.25rem;border-radius:.5rem;margin:1.5rem 0}
 label{display:grid;gap:.25rem;font-size:.9rem}
 input{font:inherit;padding:.5rem;border:1px solid #c3cad6;border-radius:.25rem}
 button{font:inherit;padding:.6rem 1rem;border:0;border-radius:.25rem;background:#1f5fd6;color:#fff;cursor:pointer}
 .trap{position:absolute;left:-99rem} code{background:#eef1f5;padding:.1rem .3rem;border-radius:.2rem}
</style></head><body>
<h1>ЖК «Сокол»</h1>
$confirmation<p>Заявка уйдёт в <code>capture-lead</code>, появится в amoCRM-заглушке,
а её этапы вернутся в Метрику-заглушку.
<br><small lang="en">A form like a customer's: it posts to <code>capture-lead</code>;
follow the lead in the stand-ins below.</small></p>
<form method="post" action="/capture-lead" accept-charset="utf-8">
 <label>Имя <input name="name" value="Анна" autocomplete="off"></label>
 <label>Телефон <input name="phone" value="+7 999 000-00-01" autocomplete="off"></label>
 <label>ClientID Метрики <input name="ym_client_id" value="$client_id" inputmode="numeric"></label>
 <label>yclid <input name="yclid" value="" inputmode="numeric"></label>
 <label class="trap" aria-hidden="true">Не заполняйте <input name="website" tabindex="-1" autocomplete="off"></label>
 <input type="hidden" name="form" value="demo">
 <input type="hidden" name="page" value="$origin/?utm_source=demo">
 <input type="hidden" name="redirect" value="$origin/?sent=1">
 <button>Оставить заявку</button>
</form>
<ul>
 <li><a href="$amocrm/">amoCRM (stand-in)</a>: сделки, вебхуки, журнал запросов</li>
 <li><a href="$metrica/">Яндекс Метрика (stand-in)</a>: загрузки, конверсии, связывание</li>
 <li><a href="/_host/">Host</a>: функции, очереди, расписания</li>
</ul>
<p>Запустить расписание руками / run a schedule by hand:<br>
<code>curl -X POST $origin/sync-crm</code><br><code>curl -X POST $origin/upload-conversions</code><br>
<code>curl -X POST $origin/check-uploads</code></p>
<h2>Что дальше / what next</h2>
<ol>
 <li>Оставьте заявку; сделка с её номером появится в amoCRM-заглушке.
  <small lang="en">Send the form; its deal, with an ID, appears in the stand-in of amoCRM.</small></li>
 <li>Передвиньте сделку, поставив её номер вместо ID. <small lang="en">Move the deal: put its number for ID.</small><br>
  <code>$move</code></li>
 <li>Запустите <code>sync-crm</code>, затем <code>upload-conversions</code>.
  <small lang="en">Run these two.</small></li>
 <li>Запустите <code>check-uploads</code> несколько раз: с каждым чтением заглушка Метрики продвигает загрузку
  на один статус. <small lang="en">Run it a few times: the stand-in of Metrica moves an upload one status on with
  each read.</small></li>
</ol>
</body></html>
""")

_CONFIRMATION = """<p role="status"><strong>Заявка принята.</strong> <span lang="en">The form was received.</span>
<a href="/">Назад / back</a></p>
"""
_QUALIFIED = 33929755
"""The status of the example's policy that its first CRM goal is on."""


def render(origin: str, metrica: str, amocrm: str, client_id: str, sent: bool = False) -> str:
    """The page, complete and self-contained; every value is escaped. ``sent`` says that a form was just received."""
    order = f'{{"action":"move","lead_id":ID,"status_id":{_QUALIFIED}}}'
    move = f"curl -X POST {amocrm}/_stand_in/actions -d '{order}'"
    values = {"origin": origin, "metrica": metrica, "amocrm": amocrm, "client_id": client_id, "move": move}
    escaped = {name: escape(value) for name, value in values.items()}
    return _PAGE.substitute(escaped, confirmation=_CONFIRMATION if sent else "")
