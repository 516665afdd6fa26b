"""What a portal has on its first day: one administrator, the default pipeline, the lists of statuses.

Source: https://apidocs.bitrix24.ru/api-reference/crm/status/crm-status-list.html.
"""

from .portal import Portal, User
from .stages import LEAD_STATUSES, SOURCES, Category, Semantics, Status

_LEAD_ROWS: tuple[tuple[str, str, Semantics, bool], ...] = (
    ("NEW", "Не обработан", "P", True),
    ("IN_PROCESS", "В работе", "P", False),
    ("PROCESSED", "Обработан", "P", False),
    ("CONVERTED", "Качественный лид", "S", True),
    ("JUNK", "Некачественный лид", "F", True),
)
_DEAL_ROWS: tuple[tuple[str, str, Semantics, bool], ...] = (
    ("NEW", "Новая", "P", True),
    ("PREPARATION", "Подготовка документов", "P", False),
    ("EXECUTING", "В работе", "P", False),
    ("WON", "Сделка успешна", "S", True),
    ("LOSE", "Сделка провалена", "F", True),
    ("APOLOGY", "Анализ причины провала", "F", False),
)
_SOURCES = (
    ("CALL", "Звонок"),
    ("EMAIL", "Электронная почта"),
    ("WEB", "Веб-сайт"),
    ("ADVERTISING", "Реклама"),
    ("PARTNER", "Существующий клиент"),
    ("RECOMMENDATION", "По рекомендации"),
    ("TRADE_SHOW", "Выставка"),
    ("WEBFORM", "CRM-форма"),
    ("CALLBACK", "Обратный звонок"),
    ("RC_GENERATOR", "Генератор продаж"),
    ("STORE", "Интернет-магазин"),
    ("OTHER", "Другое"),
)


def open_portal(portal: Portal) -> None:
    """Fills an empty portal."""
    portal.users[1] = User(1, "Администратор")
    portal.stages.categories[0] = Category(0, "Общая", 300)
    for place, (status_id, name, semantics, is_system) in enumerate(_LEAD_ROWS, start=1):
        add_status(portal, LEAD_STATUSES, status_id, name, place * 10, semantics, is_system=is_system)
    for place, (status_id, name, semantics, is_system) in enumerate(_DEAL_ROWS, start=1):
        add_status(portal, "DEAL_STAGE", status_id, name, place * 10, semantics, is_system=is_system)
    for place, (status_id, name) in enumerate(_SOURCES, start=1):
        add_status(portal, SOURCES, status_id, name, place * 10)


def add_status(
    portal: Portal,
    entity_id: str,
    status_id: str,
    name: str,
    sort: int,
    semantics: Semantics = "P",
    *,
    is_system: bool = False,
    category_id: int | None = None,
) -> None:
    """One row of a list. Of several lost stages the portal's own is a failure, the others are apologies."""
    lost = "failure" if status_id.rpartition(":")[2] in ("LOSE", "JUNK") else "apology"
    extra = {"P": "process", "S": "success", "F": lost}[semantics]
    row = Status(portal.take_id("status"), entity_id, status_id, name, sort, semantics, is_system, extra, category_id)
    portal.stages.statuses.append(row)
