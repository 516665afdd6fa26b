"""A stand-in for CoMagic (UIS, Novofon): Data API 2.0, notifications, the site's visitors, callers and managers.

`tracker` is the account itself and knows no HTTP, `api` is its face towards integrations, `notifications` is what it
sends. Facts come from https://comagic.github.io/data_api/; what no source settles is a setting.
"""
