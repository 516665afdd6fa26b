"""A stand-in for Bitrix24: its REST, its outgoing webhooks and the people who work in the portal.

`portal` is the CRM itself and knows no HTTP, `api` is its face towards integrations, `hooks` is what it posts.
Facts come from https://apidocs.bitrix24.ru; what no source settles, or what differs between portals, is a setting.
"""
