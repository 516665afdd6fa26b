"""The tables of fields, as the pages of the reports list them.

Source: https://comagic.github.io/data_api/report/ get_calls_report, get_offline_messages_report, get_chats_report and
get_communications_report.
"""

from .fields import fields_of

_VISITOR = """
communication_number:nfs communication_page_url:t ua_client_id:t ym_client_id:t sale_date:dfs sale_cost:nfs
search_query:tf search_engine:tf referrer_domain:tf referrer:tf entrance_page:tf gclid:tf yclid:tf ymclid:t ef_id:tf
channel:tf tags:lf site_id:nfs site_domain_name:tf campaign_id:nfs campaign_name:tf visit_other_campaign:b
visitor_id:nfs person_id:nf visitor_type:tfs visitor_session_id:nf visits_count:nf visitor_first_campaign_id:nf
visitor_first_campaign_name:tf visitor_city:tf visitor_region:tf visitor_country:tf visitor_device:tfs
visitor_custom_properties:lf segments:lf attributes:lf
"""
_MARKS = " ".join(
    f"{name}:tf"
    for name in (
        *(f"utm_{part}" for part in ("source", "medium", "term", "content", "campaign")),
        *(f"openstat_{part}" for part in ("ad", "campaign", "service", "source")),
        *(f"eq_utm_{part}" for part in ("source", "medium", "term", "content", "campaign", "referrer", "expid")),
    )
)
_SOURCE = """
source_id:nfs source_name:tfs source_new:tfs channel_new:tfs channel_code:tfs
"""
_CALL = """
id:nfa start_time:dsa finish_time:da finish_reason:tfsa direction:tfsa cpn_region_id:nfsa cpn_region_name:tfsa
cpn_country_name:tfsa cpn_country_id:tfsa properties:t scenario_operations:lf source:tfsa is_lost:bfsa
contact_phone_number:tfa communication_id:nfa communication_type:ta wait_duration:nfa total_wait_duration:nfa
lost_call_processing_duration:nfs talk_duration:nfa clean_talk_duration:nfa total_duration:nfa postprocess_duration:nf
call_records:la wav_call_records:la full_record_file_link:ta voice_mail_records:l virtual_phone_number:tfsa
is_transfer:bfs employees:lf operator_phone_number:tf scenario_name:tf scenario_id:nfs auto_call_campaign_name:tfs
call_api_request_id:nf call_api_external_id:tf contact_id:nf contact_full_name:tf ext_id:tfs
"""
_ANSWERED = " ".join(
    f"{who}_employee_id:nf {who}_employee_full_name:tf"
    for who in ("last_answered", "first_answered", "last_talked", "first_talked")
)
_MESSAGE = """
id:nfa date_time:d text:ta communication_type:t communication_id:nfa is_agree_to_process_personal_data:ba
is_agree_to_mailing:ba status:tfsa process_time:d form_type:tfsa form_name:tfs ymclid:tf properties:ta group_id:nfs
group_name:tfs employee_id:nfsa employee_full_name:tfs employee_answer_message:t employee_comment:t site_id:nfsa
campaign_id:nfsa visitor_phone_number:nfa visitor_email:tfa visitor_name:tfa visitor_id:nfsa person_id:nfs
visitor_session_id:nfa ext_id:tfs
"""
_CHAT = """
id:nfa status:tfsa initiator:tfsa date_time:dsa duration:tfsa answer_time:nfsa communication_id:nfa
communication_type:t chat_ad_url:ta chat_channel_id:nf channel_type:tfs chat_channel_name:t chat_user_id:tfs
chat_username:tfs messages_count:n is_group_chat:ba is_transfer:ba release_cause:tfa employee_id:nfsa
employee_full_name:tf employee_raiting:na employee_messages_count:n site_id:nfsa campaign_id:nfsa
visitor_phone_number:nfa visitor_id:nfsa visitor_ids:la person_id:nfs visitor_session_id:nfs ext_id:tfs
"""
_COMMUNICATION = """
id:nfa communication_type:tfsa date_time:dfsa visit_other_campaign:bf visitor_id:nfsa person_id:nfa
visitor_session_id:nfa site_id:nfsa campaign_id:nfsa utm_referrer:tf utm_expid:tf
"""

CALL_FIELDS = fields_of(_CALL, _ANSWERED, "last_answered_employee_rating:nf", _VISITOR, _MARKS, _SOURCE)
MESSAGE_FIELDS = fields_of(_MESSAGE, _VISITOR, _MARKS, _SOURCE)
CHAT_FIELDS = fields_of(_CHAT, _VISITOR, _MARKS, _SOURCE)
COMMUNICATION_FIELDS = fields_of(_COMMUNICATION, _VISITOR, _MARKS, _SOURCE)
TAG_FIELDS = fields_of("id:nfa name:tfsa is_system:ba")
ACCOUNT_FIELDS = fields_of("app_id:na name:ta timezone:ta")
