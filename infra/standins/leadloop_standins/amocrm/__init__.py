"""A stand-in for amoCRM (Kommo): API v4, webhooks and the people who work in the CRM.

`crm` is the account itself and knows no HTTP, `api` is its face towards integrations, `hooks` is what it posts.
Facts come from https://www.amocrm.ru/developers/content/crm_platform/api-reference; what no source settles is a
setting.
"""
