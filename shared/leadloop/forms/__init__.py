"""Form posts: bytes of any kind, read, and reduced to the ``Submission`` that may travel.

Read in this order: ``body`` (bytes → named fields), ``field_names`` (what people call a phone, a ClientID,
a page), ``builders`` (one file per site builder; ``questions`` reads their questions and answers, ``desk`` asks
senders for keys), ``form_post`` (what a form offers), ``named_fields`` (what the policy says that fields are),
``submission`` (what of it may travel, by the contacts mode), ``capture`` (from a request's bytes to a message).
``callers`` tells who posts, and what a browser is answered.
"""
