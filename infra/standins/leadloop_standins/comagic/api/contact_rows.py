"""One row per contact, with every field that has a value; a report takes from it what was asked for."""

import hashlib

from ..tracker.account import Account
from ..tracker.communications import Call, Chat, Communication, OfflineMessage
from .visitor_row import Row, common_row, phone_as_number


def call_row(account: Account, call: Call, now: int) -> Row:
    """A row of get.calls_report; one of a call under way has no end yet."""
    is_over = call.ended_at <= now
    record = hashlib.sha256(f"record {call.id}".encode()).hexdigest()[:32]
    records = [record] if is_over and not call.is_lost else []
    waited = call.wait_seconds if is_over else None
    talked = call.talk_seconds if is_over else None
    return {
        **common_row(account, call, now),
        "id": call.own_id,
        "start_time": account.zone.text_of(call.at),
        "finish_time": account.zone.text_of(call.ended_at) if is_over else None,
        "finish_reason": _finish_reason(call) if is_over else None,
        "direction": call.direction,
        "source": call.source,
        "is_lost": call.is_lost if is_over else None,
        "contact_phone_number": call.contact_phone_number,
        "virtual_phone_number": call.virtual_phone_number,
        "wait_duration": waited,
        "total_wait_duration": waited,
        "talk_duration": talked,
        "clean_talk_duration": talked,
        "total_duration": call.wait_seconds + call.talk_seconds if is_over else None,
        "call_records": records,
        "wav_call_records": records,
        "full_record_file_link": f"https://media.comagic.ru/{call.id}/{record}" if records else None,
        "is_transfer": False,
        **_answered(account, call, is_over),
    }


def message_row(account: Account, message: OfflineMessage, now: int) -> Row:
    """A row of get.offline_messages_report."""
    return {
        **common_row(account, message, now),
        "id": message.own_id,
        "date_time": account.zone.text_of(message.at),
        "text": message.text,
        "is_agree_to_process_personal_data": True,
        "is_agree_to_mailing": False,
        "status": message.status,
        "process_time": None if message.processed_at is None else account.zone.text_of(message.processed_at),
        "form_type": message.form_type,
        "form_name": message.form_name,
        "employee_id": message.employee_id,
        "employee_full_name": account.employee_name(message.employee_id),
        "employee_comment": message.comment,
        "visitor_phone_number": phone_as_number(message.phone),
        "visitor_email": message.email,
        "visitor_name": message.name,
    }


def chat_row(account: Account, chat: Chat, now: int) -> Row:
    """A row of get.chats_report."""
    is_answered = chat.employee_messages > 0
    visitor_id = chat.session.visitor.id if chat.session else None
    return {
        **common_row(account, chat, now),
        "id": chat.own_id,
        "status": "succeed" if is_answered else "lost",
        "initiator": "visitor",
        "date_time": account.zone.text_of(chat.at),
        "duration": str(chat.seconds),
        "channel_type": chat.channel_type,
        "messages_count": chat.visitor_messages + chat.employee_messages,
        "employee_messages_count": chat.employee_messages,
        "is_group_chat": False,
        "is_transfer": False,
        "release_cause": "closed_by_operator" if is_answered else "closed_by_timeout",
        "employee_id": chat.employee_id,
        "employee_full_name": account.employee_name(chat.employee_id),
        "visitor_phone_number": phone_as_number(chat.phone),
        "visitor_ids": [visitor_id] if visitor_id else [],
    }


def communication_row(account: Account, one: Communication, now: int) -> Row:
    """A row of get.communications_report, whose `id` is the communication's."""
    return {**common_row(account, one, now), "id": one.id, "date_time": account.zone.text_of(one.at)}


def _finish_reason(call: Call) -> str:
    return "no_success_operator_call" if call.is_lost else "operator_disconnects"


def _answered(account: Account, call: Call, is_over: bool) -> Row:
    name = account.employee_name(call.employee_id)
    if name is None or not is_over:
        return {}
    whose = {"employee_id": call.employee_id, "employee_full_name": name}
    each = {
        f"{who}_{field}": value
        for who in ("last_answered", "first_answered", "last_talked", "first_talked")
        for field, value in whose.items()
    }
    return {**each, "employees": [{**whose, "is_answered": True, "is_talked": True}]}
